"""The vocabulary of a cluster, pure: versions, objects, selectors, snapshots, findings."""
