"""The fleet file: who the clusters are, what they get, and in which order they get it."""
