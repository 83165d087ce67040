"""Approved fixes carried out on a live cluster, recorded before and after, and taken back."""
