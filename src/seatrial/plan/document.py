"""The plan: what a person reviews and approves, and what is then carried out, nothing else."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from seatrial.errors import BadFormat
from seatrial.plan.steps import DurationRange, Fact, Step, _Value, follows_up, taken_back_by

PLAN_FORMAT = 2
"""2 added handoffs and `AwaitNodes`."""


class PlannedFinding(_Value, frozen=True, kw_only=True):
    """A finding as known when the plan was made."""

    check: str
    severity: str
    message: str


class PlannedComponent(_Value, frozen=True, kw_only=True):
    """Where apply finds the chart of a component; the digests say that it is still the reviewed one."""

    name: str
    release: str
    namespace: str
    chart: str
    """Folder or .tgz."""
    chart_digest: str
    values: tuple[str, ...] = ()
    """Values files."""
    values_digest: str = ""


class Plan(_Value, frozen=True, kw_only=True):
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
    provider: str = ""
    """eks, gke, aks, kapsule or simulated."""
    steps: tuple[Step, ...]
    components: tuple[PlannedComponent, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[PlannedFinding, ...] = ()
    permitted_fixes: tuple[str, ...] = ()
    duration: DurationRange | None = None
    """Of the whole run; None when the duration of any step is unknown."""
    point_of_no_return: str = ""
    """Id of the first final step; empty when every step can be undone."""
    hops_left: tuple[str, ...] = ()
    """Minors still to go after this plan; each needs its own plan, checks and approval."""

    def step(self, step_id: str) -> Step:
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def component(self, name: str) -> PlannedComponent:
        for component in self.components:
            if component.name == name:
                return component
        raise KeyError(name)


def canonical_json(plan: Plan) -> bytes:
    """JSON with sorted keys and no spaces: equal plans have equal bytes."""
    return msgspec.json.encode(plan, order="sorted")


def digest(plan: Plan) -> str:
    """SHA-256 of the canonical JSON, in hex: what an approval is bound to."""
    return hashlib.sha256(canonical_json(plan)).hexdigest()


def check_plan(plan: Plan, *, where: str = "") -> Plan:
    """Raise `BadFormat` unless every run of this plan must come to an end.

    Steps follow only steps before them, so there is no cycle; what a step takes back or follows up is
    among them.
    """
    seen: set[str] = set()
    for step in plan.steps:
        if step.id in seen:
            raise _broken(f"two steps are called {step.id!r}", where)
        origin, leader = taken_back_by(step), follows_up(step)
        for before in (*step.after, *filter(None, (origin, leader))):
            if before not in seen:
                raise _broken(f"step {step.id!r} follows {before!r}, which is not before it", where)
        if bool(origin) is not step.always:
            raise _broken(f"step {step.id!r} is marked wrongly as one that puts something back", where)
        seen.add(step.id)
    return plan


def _broken(what: str, where: str) -> BadFormat:
    return BadFormat(
        f"the plan cannot be carried out: {what}.", where=where, next_step="Make the plan again."
    )
