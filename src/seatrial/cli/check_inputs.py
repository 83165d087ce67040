"""Gathers what `seatrial check` looks at: one cluster or snapshot, files, audit logs, each if named."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.cli.check_sources import Sources
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.checks.check import Check
    from seatrial.checks.run import Inputs
    from seatrial.cluster.audit import AuditLog
    from seatrial.cluster.manifests import Manifests
    from seatrial.cluster.snapshot import Snapshot
    from seatrial.cluster.version import Minor
    from seatrial.fleet.model import Fleet


@dataclass(frozen=True, slots=True)
class Gathered:
    inputs: Inputs
    target: Minor


def gather(sources: Sources, checks: Collection[Check], fleet: Fleet | None = None) -> Gathered:
    """Read all that the flags name; the target is the cluster's next minor unless they say another."""
    from seatrial.checks.run import Inputs

    target = parse_target(sources.to) if sources.to else None
    if target is None and sources.name_no_cluster:
        raise BadInput("files do not say which minor they are meant for.", next_step="Name it with --to.")
    audit = _read_audit(sources.audit_logs) if sources.audit_logs else None
    snapshot = None if sources.name_no_cluster else _read_cluster(sources, checks, fleet)
    if target is None:
        assert snapshot is not None  # noqa: S101  else --to was asked for
        target = snapshot.meta.minor.plus(1)
    manifests = _read_files(sources.paths) if sources.paths else None
    names = [snapshot.meta.cluster] if snapshot else []
    names += map(str, sources.paths or (() if snapshot else sources.audit_logs))
    return Gathered(Inputs(", ".join(names), snapshot, manifests, audit), target)


def parse_target(text: str) -> Minor:
    """A minor that exists or may exist; one just past the horizon is allowed, and reported as unknown."""
    from seatrial.catalog import BeyondHorizon, releases
    from seatrial.cluster.version import Minor

    minor = Minor.parse(text)
    with suppress(BeyondHorizon):
        releases().of(minor)
    return minor


def _read_cluster(sources: Sources, checks: Collection[Check], fleet: Fleet | None) -> Snapshot:
    from seatrial.checks.registry import kinds_to_read
    from seatrial.cli.source import read_source

    context = sources.contexts[0] if sources.contexts else ""
    if fleet is not None and sources.are_of_fleet:
        from seatrial.cli.fleet_choice import chosen_clusters

        (cluster,) = chosen_clusters(fleet, sources.clusters, sources.selector)
        context = cluster.context or cluster.name
    return read_source(
        kubeconfig=sources.kubeconfig,
        context=context,
        snapshot=sources.snapshot,
        kinds=kinds_to_read(checks),
    )


def _read_audit(logs: tuple[Path, ...]) -> AuditLog:
    from seatrial.cli.audit_files import read_audit_files

    return read_audit_files(logs)


def _read_files(paths: tuple[Path, ...]) -> Manifests:
    from seatrial.cli.manifest_files import read_manifests
    from seatrial.cluster.manifests import ManifestProblem, Manifests

    manifests = read_manifests(list(paths))
    if manifests.found or manifests.problems:
        return manifests
    nothing = ManifestProblem(
        file=", ".join(map(str, paths)),
        what="no manifest was found.",
        next_step="Check the path; files end in .yaml, .yml or .json.",
    )
    return Manifests((), (nothing,), manifests.files)
