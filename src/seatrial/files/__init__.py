"""Manifests where people keep them: folders, Kustomize, charts, a Git reference, standard input."""

from seatrial.files.git_ref import exported
from seatrial.files.reading import Reading, read_manifests

__all__ = ["Reading", "exported", "read_manifests"]
