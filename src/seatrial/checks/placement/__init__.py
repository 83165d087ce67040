"""Where pods could go when their node is drained: a small, pure feasibility test on a snapshot.

It asks whether there is a place at all, not which one the scheduler would choose. Volumes are left out.
"""
