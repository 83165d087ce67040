"""Writes a change down for whoever owns the resource: a commit on a branch, a file, a patch, or words."""

from seatrial.handoffs.writing import WrittenHandoffs

__all__ = ["WrittenHandoffs"]
