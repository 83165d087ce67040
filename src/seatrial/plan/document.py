"""The plan file: what was approved, byte for byte, with a digest over its canonical JSON."""

from __future__ import annotations

from datetime import datetime

import msgspec

from seatrial.plan.steps import DurationRange, Fact, Step, _Value

PLAN_FORMAT = 1


class PlannedFinding(_Value):
    """A finding as known when the plan was made."""

    check: str
    severity: str
    message: str


class Plan(_Value):
    """One cluster, one minor (or patch) step: a longer way is several plans."""

    format: int = PLAN_FORMAT
    cluster: str
    cluster_uid: str
    """UID of the kube-system namespace, so that a plan is never applied to another cluster."""
    release: str
    from_version: str
    to_version: str
    made_at: datetime
    made_by: str
    seatrial: str
    steps: tuple[Step, ...]
    facts: tuple[Fact, ...] = ()
    findings: tuple[PlannedFinding, ...] = ()
    permitted_fixes: tuple[str, ...] = ()
    duration: DurationRange | None = None
    point_of_no_return: str = ""
    """Id of the first final step; empty when every step can be undone."""
    hops_left: tuple[str, ...] = ()
    """Minors still to go after this plan; each needs its own plan, checks and approval."""


def canonical_json(plan: Plan) -> bytes:
    """JSON with sorted keys and no spaces: equal plans have equal bytes."""
    return msgspec.json.encode(plan, order="sorted")
