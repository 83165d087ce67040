"""What a step of one cluster's upgrade can be: a closed set of actions, each a plain value.

A step says what it does, who owns the thing it changes, what it relies on, how long it may take,
and whether it can be undone. Who performs which action is decided in `seatrial.wiring`.

Three actions put something back: `ReleaseAutoscaler`, `RevertFix` and `RollBackChart`. Each names the
step that it takes back (`taken_back_by` reads it), so that clean-up after a failure, and taking a hold
again on retry, follow from the plan alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class Ownership(StrEnum):
    """Who makes the change: we do; we write it down and wait; we only watch."""

    DIRECT = "direct"
    HANDOFF = "handoff"
    OBSERVE = "observe"


class Undo(StrEnum):
    """Whether a step can be taken back, as stated before approval."""

    REVERSIBLE = "reversible"
    COMPENSABLE = "compensable"
    FINAL = "final"


class _Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    pass


class DurationRange(_Value, frozen=True, kw_only=True):
    """Seconds, with where the figures come from; a step without one has an unknown duration."""

    low: float
    high: float
    source: str


class Fact(_Value, frozen=True, kw_only=True):
    """Something observed at planning time; a step that relies on it is refused when it has changed."""

    name: str
    """Stable, such as "control-plane/version" or "budget/shop/web"."""
    value: str


class _Action(_Value, frozen=True, kw_only=True, tag_field="action", tag=lambda name: name):
    pass


class Preflight(_Action, frozen=True, kw_only=True):
    """Observe that cluster, provider and baseline can be read and that the plan's facts still hold."""


class ApplyFix(_Action, frozen=True, kw_only=True):
    """Carry out one approved, safe fix of a finding; what was there before is journaled."""

    fix_id: str
    check: str
    api_version: str
    kind: str
    resource: str
    """As URLs name it: "deployments"."""
    namespace: str
    name: str
    patch: str
    """JSON merge patch, canonical; what it replaces is journaled and put back."""


class RevertFix(_Action, frozen=True, kw_only=True):
    """Put back what `ApplyFix` changed, also after a failure."""

    fix_step: str


class ApplyCrds(_Action, frozen=True, kw_only=True):
    """Apply a chart's CustomResourceDefinitions by server-side apply and wait until established."""

    component: str
    chart_digest: str = ""


class UpgradeChart(_Action, frozen=True, kw_only=True):
    """Have Helm apply a chart version (it does not wait) and record the release revision."""

    component: str
    release: str
    namespace: str
    from_version: str
    """Empty when the component is not installed."""
    to_version: str
    chart_digest: str
    values_digest: str = ""
    waits_in_helm: bool = False
    """True only for charts with post-install or post-upgrade hooks."""


class WaitForChart(_Action, frozen=True, kw_only=True):
    """Wait until every workload of a release is ready."""

    component: str
    release: str
    namespace: str
    upgrade_step: str


class RollBackChart(_Action, frozen=True, kw_only=True):
    """Bring a release back to the revision before, when the upgrade or the wait after it failed."""

    component: str
    release: str
    namespace: str
    upgrade_step: str
    wait_step: str


class HoldAutoscaler(_Action, frozen=True, kw_only=True):
    """Scale an autoscaler to zero for the node phase; its replica count is journaled."""

    api_version: str
    kind: str
    namespace: str
    name: str
    replicas: int


class ReleaseAutoscaler(_Action, frozen=True, kw_only=True):
    """Put the autoscaler's replica count back, also after a failure."""

    hold_step: str


class UpgradeControlPlane(_Action, frozen=True, kw_only=True):
    from_version: str
    to_version: str


class UpgradeNodeGroup(_Action, frozen=True, kw_only=True):
    """The provider's own rolling replacement: surge, cordon, drain that honours budgets."""

    node_group: str
    from_version: str
    to_version: str
    to_image: str = ""


class VerifyNodeGroup(_Action, frozen=True, kw_only=True):
    """Every node of the group is Ready, schedulable and on the target version."""

    node_group: str
    to_version: str
    upgrade_step: str


class AwaitNodes(_Action, frozen=True, kw_only=True):
    """Wait until whoever makes these nodes by itself (Karpenter, an auto mode) has replaced them."""

    label: str
    """What marks them: "karpenter.sh/nodepool"."""
    value: str
    to_version: str


class VerifyCluster(_Action, frozen=True, kw_only=True):
    """Compare with the baseline taken before: nothing that worked may be broken."""


Action = (
    Preflight
    | ApplyFix
    | RevertFix
    | ApplyCrds
    | UpgradeChart
    | WaitForChart
    | RollBackChart
    | HoldAutoscaler
    | ReleaseAutoscaler
    | UpgradeControlPlane
    | UpgradeNodeGroup
    | VerifyNodeGroup
    | AwaitNodes
    | VerifyCluster
)


class Handoff(_Value, frozen=True, kw_only=True):
    """Where and how the change is written for its owner, who then makes it."""

    write: Literal["branch", "file", "patch", "text"]
    """A commit on a branch of a repository, the file itself, a patch, or only words."""
    repository: str = ""
    file: str = ""
    """Within the repository; a path of its own where there is none."""
    variable: str = ""
    """Dotted where it is nested: "spec.source.targetRevision"."""
    value: str = ""
    """What the variable has to become."""
    base: str = ""
    """The branch that the change starts from; what the repository has checked out when empty."""
    push: str = ""
    """The remote that the branch is pushed to; nothing is pushed when empty."""


class Step(_Value, frozen=True, kw_only=True):
    id: str
    """Stable within the plan, such as "node-group/default/upgrade"."""
    title: str
    action: Action
    after: tuple[str, ...] = ()
    """Steps that must have succeeded before this one starts."""
    ownership: Ownership = Ownership.DIRECT
    owner: str = ""
    """Who owns the resource in words: "terraform", "argo-cd/infra", "seatrial"."""
    preconditions: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    duration: DurationRange | None = None
    undo: Undo = Undo.REVERSIBLE
    undo_commands: tuple[str, ...] = ()
    """Shell commands that undo it without Seatrial."""
    timeout: float = 3600.0
    """Seconds from its first start (not from a resume) after which the step has failed."""
    always: bool = False
    """Puts something back: runs also after a failure or a cancel, if what it takes back was begun."""
    handoff: Handoff | msgspec.UnsetType = msgspec.UNSET
    """Of steps that are handed off; left out of the others, so that plans of format 1 keep their digest."""


def taken_back_by(step: Step) -> str:
    """The id of the step that this one takes back; empty when it takes nothing back."""
    match step.action:
        case ReleaseAutoscaler(hold_step=found):
            return found
        case RevertFix(fix_step=found):
            return found
        case RollBackChart(upgrade_step=found):
            return found
        case _:
            return ""


def follows_up(step: Step) -> str:
    """The id of the step whose effect this one only verifies: skipped together with it."""
    match step.action:
        case WaitForChart(upgrade_step=found) | VerifyNodeGroup(upgrade_step=found):
            return found
        case _:
            return ""
