"""What was approved when a rollout started: stages, clusters and targets, frozen with a digest.

A running rollout reads nothing else: editing the fleet file, a strategy or a release changes only
rollouts that start later.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

import msgspec

from seatrial.errors import BadFormat, BadInput, NewerFormat
from seatrial.fleet.model import Fleet, StageSpec, StrategySpec
from seatrial.fleet.resolve import ResolvedTarget, find_release, find_strategy, resolve
from seatrial.fleet.stages import assign, in_scope
from seatrial.fleet.windows import Maintenance

ROLLOUT_FORMAT = 3
"""2 added reminders, rehearsals and handoffs, 3 windows and exclusions; what an older format lacks is left
out, so that its digest stays."""


class RolloutStage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    clusters: tuple[str, ...]
    """In the order in which they start."""
    max_concurrent: int = 1
    canary: int = 0
    max_failures: int = 0
    soak: float = 0.0
    """Seconds."""
    approval: bool = False
    rehearse: bool | msgspec.UnsetType = msgspec.UNSET
    remind: float | msgspec.UnsetType = msgspec.UNSET
    """Seconds between reminders of whoever a cluster waits for."""
    maintenance: Maintenance | msgspec.UnsetType = msgspec.UNSET
    """When its clusters may start."""

    @property
    def rehearses(self) -> bool:
        return self.rehearse is True

    @property
    def remind_every(self) -> timedelta:
        return (
            timedelta(days=1)
            if isinstance(self.remind, msgspec.UnsetType)
            else timedelta(seconds=self.remind)
        )


class RolloutCluster(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    tier: str
    version: str
    """The minor that the fleet file believed it runs."""
    revision: str
    """Digest of the target and its inputs: evidence for this cluster counts only under this revision."""
    target: ResolvedTarget
    inputs: dict[str, str] = {}
    """SHA-256 of each chart and values file of the target, by its path there."""
    maintenance: Maintenance | msgspec.UnsetType = msgspec.UNSET
    """When it may start: both its own and its stage's have to be open."""


class Rollout(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    format: int = ROLLOUT_FORMAT
    id: str
    fleet: str
    release: str
    kubernetes: str
    strategy: str
    stages: tuple[RolloutStage, ...]
    clusters: tuple[RolloutCluster, ...]
    fixes: tuple[str, ...] = ()
    """Checks whose safe fixes were approved."""
    left_out: tuple[str, ...] = ()
    """Clusters of the fleet that the strategy's scope leaves out."""
    created_at: datetime
    created_by: str

    def cluster(self, name: str) -> RolloutCluster:
        return next(cluster for cluster in self.clusters if cluster.name == name)

    def stage(self, name: str) -> RolloutStage:
        return next(stage for stage in self.stages if stage.name == name)


def new_rollout(
    fleet: Fleet,
    release: str,
    strategy: str,
    *,
    rollout_id: str,
    at: datetime,
    by: str,
    base: PurePath = PurePath(),
) -> Rollout:
    """The rollout of `release` by `strategy`; charts and values are joined to `base`.

    Raises `NotFound` for unknown names and `BadInput` when a cluster belongs to no stage, naming it.
    """
    plan, target = find_strategy(fleet, strategy), find_release(fleet, release)
    scope = in_scope(fleet.clusters, plan)
    assigned = assign(scope, plan.stages)
    if assigned.left:
        raise BadInput(
            f"no stage of strategy {strategy!r} selects {', '.join(assigned.left)}.",
            next_step="Add a stage that selects them, or leave them out with the strategy's scope.",
        )
    taking_part = {cluster.name for cluster in scope}
    return Rollout(
        id=rollout_id,
        fleet=fleet.name,
        release=release,
        kubernetes=target.kubernetes,
        strategy=strategy,
        stages=tuple(_stage(spec, assigned.of(spec.name), plan) for spec in plan.stages),
        clusters=tuple(
            with_target(
                RolloutCluster(
                    name=cluster.name,
                    tier=cluster.tier.value,
                    version=cluster.version,
                    revision="",
                    target=(resolved := resolve(fleet, cluster.name, release, base)),
                    maintenance=cluster.maintenance.value if cluster.maintenance else msgspec.UNSET,
                ),
                resolved,
            )
            for cluster in scope
        ),
        fixes=plan.fixes,
        left_out=tuple(c.name for c in fleet.clusters if c.name not in taking_part),
        created_at=at,
        created_by=by,
    )


def with_target(
    cluster: RolloutCluster, target: ResolvedTarget, inputs: dict[str, str] | None = None
) -> RolloutCluster:
    """The cluster with another target and the revision that belongs to it."""
    inputs = inputs or {}
    return msgspec.structs.replace(
        cluster, target=target, inputs=inputs, revision=_sha256([target, sorted(inputs.items())])
    )


def digest(rollout: Rollout) -> str:
    """SHA-256 over the canonical JSON: what an approval is bound to."""
    return _sha256(rollout)


def encode_rollout(rollout: Rollout) -> bytes:
    """Canonical JSON: equal rollouts have equal bytes."""
    return msgspec.json.encode(rollout, order="sorted")


def decode_rollout(data: bytes, *, where: str = "") -> Rollout:
    """Read what `encode_rollout` wrote; raise `NewerFormat` or `BadFormat`."""
    refuse_newer_format(data, "rollout", ROLLOUT_FORMAT, where)
    try:
        return msgspec.json.decode(data, type=Rollout)
    except msgspec.MsgspecError as error:
        raise BadFormat(
            f"this rollout cannot be read: {error}.",
            where=where,
            next_step="Restore the state from a backup.",
        ) from None


class _Head(msgspec.Struct):
    format: int = 1


def refuse_newer_format(data: bytes, kind: str, known: int, where: str) -> None:
    """Raise `NewerFormat` before anything that this Seatrial may not understand is looked at."""
    try:
        found = msgspec.json.decode(data, type=_Head).format
    except msgspec.MsgspecError as error:
        raise BadFormat(
            f"this {kind} cannot be read: {error}.", where=where, next_step="Restore the state from a backup."
        ) from None
    if found > known:
        raise NewerFormat(kind, found, known, where=where)


def _stage(spec: StageSpec, clusters: tuple[str, ...], strategy: StrategySpec) -> RolloutStage:
    return RolloutStage(
        name=spec.name,
        clusters=clusters,
        max_concurrent=spec.max_concurrent,
        canary=spec.canary,
        max_failures=spec.max_failures,
        soak=spec.soak_time.total_seconds(),
        approval=spec.approval,
        rehearse=spec.rehearse or msgspec.UNSET,
        remind=strategy.remind_time.total_seconds(),
        maintenance=spec.maintenance.value if spec.maintenance else msgspec.UNSET,
    )


def _sha256(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
