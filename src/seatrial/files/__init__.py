"""Manifests where people keep them: folders, Kustomize, charts, a Git reference, standard input."""
