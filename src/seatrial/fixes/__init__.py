"""Fixes that a person may take over: rewritten manifests as a diff, proposals for live objects. Pure."""

from seatrial.fixes.document import ObjectFix, Refusal
from seatrial.fixes.files import FileFix, fix_file, needs_fixing
from seatrial.fixes.rewriting import NotOffered, Rewritten, is_removed, rewrite

__all__ = [
    "FileFix",
    "NotOffered",
    "ObjectFix",
    "Refusal",
    "Rewritten",
    "fix_file",
    "is_removed",
    "needs_fixing",
    "rewrite",
]
