"""What a rehearsal found: per step what happened and how we know, the duration, before against after.

A report never says that an upgrade will succeed. It says what failed on the twin, what was exercised,
what was only modelled and what was not modelled at all. The same snapshot and plan give the same report.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.cluster.findings import Finding, Incomplete
from seatrial.errors import ExitCode
from seatrial.plan import DurationRange

REHEARSAL_FORMAT = 1


class _Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Label(StrEnum):
    """How a step's outcome is known."""

    EXERCISED = "exercised"
    """The real code ran against the twin's API: what it refused there it refuses in the cluster."""
    MODELLED = "modelled"
    """A model decided, such as a pod that is ready after a while."""
    NOT_MODELLED = "not modelled"
    """Nothing is known: somebody else acts, or a process is missing on the twin."""


class StepOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    ALREADY_DONE = "already-done"
    FAILED = "failed"
    NOT_REACHED = "not-reached"
    """An earlier step failed."""
    NOT_NEEDED = "not-needed"
    """It only puts something back after a failure."""


class NotModelled(msgspec.Struct, frozen=True):
    """Something of the cluster that the twin lacks, or could not take."""

    what: str
    why: str


class BlockedPod(_Value, frozen=True, kw_only=True):
    """A pod that a disruption budget did not let go while its node was drained."""

    pod: str
    """ "shop/web-1"."""
    node: str
    budget: str
    """ "shop/web"."""
    why: str


class StepReport(_Value, frozen=True, kw_only=True):
    id: str
    title: str
    action: str
    """The kind of step, as the plan calls it."""
    outcome: StepOutcome
    label: Label
    how: str
    """Why it has this label, in a sentence."""
    detail: str = ""
    blocked: tuple[BlockedPod, ...] = ()
    warnings: tuple[str, ...] = ()
    """Not a failure, but somebody should know: pods removed despite a budget."""
    risks: tuple[str, ...] = ()
    """It got through on the twin, but only just: what could make it fail in the cluster."""
    started: datetime | None = None
    """Simulated time."""
    ended: datetime | None = None
    simulated_seconds: float | None = None
    expected: DurationRange | None = None
    """With its source; None: unknown."""


class Seen(_Value, frozen=True, kw_only=True):
    """Where a duration of the twin comes from."""

    what: str
    source: str
    low: float
    high: float


class NodeVersions(_Value, frozen=True, kw_only=True):
    """How many nodes are at a version, and how many of them are Ready."""

    version: str
    nodes: int
    ready: int


class Readiness(_Value, frozen=True, kw_only=True):
    workload: str
    """ "shop/deployment/web"."""
    ready: int
    wanted: int

    @property
    def is_ready(self) -> bool:
        return self.ready >= self.wanted


class ReadinessChange(_Value, frozen=True, kw_only=True):
    workload: str
    before: str
    """ "2 of 2", or "absent"."""
    after: str
    worse: bool


class ImageChange(_Value, frozen=True, kw_only=True):
    workload: str
    container: str
    before: str
    after: str


class Comparison(_Value, frozen=True, kw_only=True):
    """The twin before against the twin after."""

    control_plane: tuple[str, str]
    nodes_before: tuple[NodeVersions, ...] = ()
    nodes_after: tuple[NodeVersions, ...] = ()
    unready_before: tuple[str, ...] = ()
    """Workloads that were not ready before: the upgrade did not cause that."""
    readiness: tuple[ReadinessChange, ...] = ()
    images: tuple[ImageChange, ...] = ()
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    no_longer_served: tuple[str, ...] = ()
    """Resources of which objects are stored and which the new version does not serve."""
    deprecated_requests: tuple[str, ...] = ()
    """Requested from the cluster's API servers before, and deprecated or gone in the new version."""
    pending_pods: tuple[str, ...] = ()
    """Pods that no node takes at the end and that were not pending before, with the scheduler's reason."""


class FromPortable(_Value, frozen=True, kw_only=True):
    """In what a rehearsal from a portable snapshot may differ from one of the live cluster."""

    tokens: str
    """What the twin holds in place of secrets, in a sentence."""
    charts_from_stack: tuple[str, ...] = ()
    """Releases whose installed chart and values were taken from the Stack: "infra/web 1.2.3"."""
    depends_on_secrets: tuple[NotModelled, ...] = ()
    """What came out differently when it was rendered with other tokens, or read them."""


class RehearsalReport(_Value, frozen=True, kw_only=True):
    format: int = REHEARSAL_FORMAT
    seatrial: str
    cluster: str
    plan_digest: str
    from_version: str
    to_version: str
    captured_at: datetime
    from_portable_snapshot: bool
    steps: tuple[StepReport, ...]
    simulated_seconds: float
    """From the first step to the end of the last that ran."""
    expected: DurationRange | None = None
    """Of the whole, where every step on the critical path has a sourced duration."""
    critical_path: tuple[str, ...] = ()
    """Ids of the steps that decided how long it took."""
    durations: tuple[Seen, ...] = ()
    durations_unseen: tuple[str, ...] = ()
    """Workloads whose pods take the model's default time, for the snapshot saw none."""
    changes: Comparison
    new_findings: tuple[Finding, ...] = ()
    """What the checks say of the twin after that they did not say before."""
    unchecked: tuple[Incomplete, ...] = ()
    not_modelled: tuple[NotModelled, ...] = ()
    portable: FromPortable | None = None
    """None: made from the live cluster, with nothing left out for secrecy."""
    verdict: str
    """One sentence; never a promise."""

    @property
    def failed(self) -> tuple[StepReport, ...]:
        return tuple(step for step in self.steps if step.outcome is StepOutcome.FAILED)

    @property
    def is_incomplete(self) -> bool:
        depends = self.portable is not None and bool(self.portable.depends_on_secrets)
        return (
            bool(self.not_modelled) or depends or any(step.label is Label.NOT_MODELLED for step in self.steps)
        )

    @property
    def exit_code(self) -> ExitCode:
        """0 nothing failed, 2 something fails, 3 something could not be read or is not modelled."""
        if self.failed:
            return ExitCode.BLOCKERS
        return ExitCode.INCOMPLETE if self.is_incomplete else ExitCode.CLEAN
