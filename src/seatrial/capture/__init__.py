"""Reads a cluster into a snapshot (`live`), and snapshots into files without secrets (`redact`, `archive`).

Whoever only reads a cluster does not import the rest: it is a tenth of the start of a check.
"""
