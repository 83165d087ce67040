"""Tells whether two failures have the same cause: both name the same budget or workload, or say the same.

A rehearsal and the real run name different pods and nodes, for those are made anew: so pods are known by
their workload, and what is only a number or a generated ending does not count.
"""

from __future__ import annotations

import re

_GENERATED = re.compile(r"(?:-[bcdfghjklmnpqrstvwxz2456789]{8,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}\b")
_ORDINAL = re.compile(r"-\d+\b")
_NUMBER = re.compile(r"\d+")
_PATH = re.compile(r"\b[a-z0-9][a-z0-9.-]*(?:/[a-z0-9][a-z0-9.-]*)+")
_BUDGET = re.compile(r"disruption budget ([a-z0-9.-]+)")


def same_reason(predicted: str, happened: str) -> bool:
    """True when they share a subject; where neither names one, when they say the same but for numbers."""
    ours, theirs = _subjects(predicted), _subjects(happened)
    if ours or theirs:
        return bool(ours & theirs)
    return _plain(predicted) == _plain(happened)


def _subjects(text: str) -> set[str]:
    found = {f"budget {name}" for name in _BUDGET.findall(text)}
    for path in _PATH.findall(text):
        parts = path.strip(".").split("/")
        parts[-1] = _ORDINAL.sub("", _GENERATED.sub("", parts[-1]))
        found.add(f"{parts[0]}/{parts[-1]}")  # "shop/deployment/web" and pod "shop/web-7d4b9-x2x4z" agree
    return found


def _plain(text: str) -> str:
    return " ".join(_NUMBER.sub("#", text.lower()).split())
