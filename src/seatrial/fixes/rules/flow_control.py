"""PriorityLevelConfiguration to flowcontrol v1: shares are nominal, and zero means zero.

Source: the Kubernetes deprecation guide for 1.29 and 1.32; the field's documentation in v1beta3 and v1.
"""

from __future__ import annotations

from seatrial.cluster.objects import Obj
from seatrial.fixes.rule import Notes, part, rename

_DEFAULT_SHARES = 30
_KEEP_ZERO = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"


def priority_level(obj: Obj, notes: Notes) -> None:
    limited = part(obj, "spec", "limited")
    if "assuredConcurrencyShares" in limited:
        if "nominalConcurrencyShares" in limited:
            del limited["assuredConcurrencyShares"]
        else:
            rename(limited, "assuredConcurrencyShares", "nominalConcurrencyShares")
    annotations = part(obj, "metadata", "annotations")
    keep_zero = annotations.get(_KEEP_ZERO) == "true"
    if limited.get("nominalConcurrencyShares") == 0 and not keep_zero:
        limited["nominalConcurrencyShares"] = _DEFAULT_SHARES
        notes(
            f"Before v1, 0 shares meant the default, {_DEFAULT_SHARES}; in v1 it means none."
            f" {_DEFAULT_SHARES} is written so that it stays as it was."
        )
