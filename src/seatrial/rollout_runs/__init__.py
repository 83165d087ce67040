"""Rollouts carried out: decisions turned into cluster runs, journaled, and taken up again after a crash."""
