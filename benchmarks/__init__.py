"""Benchmarks: each a ratio against a peer or a baseline in the same run. `make bench` runs them all."""
