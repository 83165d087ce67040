"""A change to a live object that would remove a finding, for a person to approve."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.cluster.objects import ObjectRef


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON merge patch with the one that takes it back."""

    title: str
    """What is done, in the imperative: "Scale deployment shop/web from 2 to 3"."""
    target: ObjectRef
    resource: str
    """The plural that a URL names: "deployments"."""
    subresource: str = ""
    """Where the patch goes, if not to the object itself: "status"."""
    patch: dict[str, Any]
    undo: dict[str, Any]
    """Merge patch to what the fields were when the cluster was read; null where there was no field."""
    expects: dict[str, Any]
    """The fields as they were: the change is refused when they differ by now."""
    safe: bool = False
    """It may be carried out by Seatrial after one approval; else it is shown for a person to do."""
    temporary: bool = False
    """It is meant to be taken back after the upgrade."""
