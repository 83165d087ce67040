"""Rollouts carried out by any number of machines: jobs over PostgreSQL say who advances what, and when.

Jobs are a convenience, the journals are the truth: a job that is lost, doubled or given to two workers
costs time, never a step done twice, for whoever claimed a journal last is the only one who can write it.
"""
