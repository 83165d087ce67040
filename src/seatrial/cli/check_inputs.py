"""Gathers what `seatrial check` looks at: one cluster or snapshot, files, audit logs, each if named."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
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


def gather(sources: Sources, chosen: Callable[[], Collection[Check]], fleet: Fleet | None = None) -> Gathered:
    """Read all that the flags name; the target is the cluster's next minor unless they say another."""
    target = parse_target(sources.to) if sources.to else None
    if target is None and sources.name_no_cluster:
        target = _target_of_files(chosen())
    audit = _read_audit(sources.audit_logs) if sources.audit_logs else None
    snapshot = None if sources.name_no_cluster else _read_cluster(sources, chosen(), fleet)
    if target is None:
        assert snapshot is not None  # noqa: S101  else --to was asked for
        target = snapshot.meta.minor.plus(1)
    manifests = _read_files(sources, target, partial(_load, chosen)) if sources.files else None
    names = [snapshot.meta.cluster] if snapshot else []
    names += _names_of_files(sources) or ([] if snapshot else map(str, sources.audit_logs))

    from seatrial.checks.run import Inputs

    return Gathered(Inputs(", ".join(names), snapshot, manifests, audit), target)


def _load(chosen: Callable[[], Collection[Check]]) -> None:
    """What the check itself needs, whatever is in the files."""
    import seatrial.checks.run  # noqa: F401

    chosen()


def _target_of_files(checks: Collection[Check]) -> Minor:
    """Files do not say which minor they are meant for; the happy path is the same for all of them."""
    from seatrial.catalog import api_catalog
    from seatrial.checks.check import Profile

    if any(each.profile is Profile.READINESS for each in checks):
        raise BadInput("files do not say which minor they are meant for.", next_step="Name it with --to.")
    return api_catalog().horizon


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
        provider_data=sources.provider_data,
    )


def _read_audit(logs: tuple[Path, ...]) -> AuditLog:
    from seatrial.cli.audit_files import read_audit_files

    return read_audit_files(logs)


def _names_of_files(sources: Sources) -> list[str]:
    names = list(map(str, sources.files))
    return [f"{', '.join(names)} at {sources.git_ref}"] if sources.git_ref else names


def _read_files(sources: Sources, target: Minor, meanwhile: Callable[[], None]) -> Manifests:
    from seatrial.files.reading import read_manifests
    from seatrial.files.setting import Reading

    folder = Path.cwd()
    reading = Reading(
        target=target, values=_read_values(sources.values), environment=os.environ, folder=folder
    )
    if not sources.git_ref:
        return _something(read_manifests(sources.files, reading, meanwhile), sources)
    from seatrial.files.git_ref import exported

    with exported(sources.git_ref, folder, os.environ, sources.files) as tree:
        paths = [tree.of(each) for each in sources.files]
        read = read_manifests([each for each in paths if each.exists()], reading, meanwhile)
        manifests = tree.as_named(read, paths)
    return _something(manifests, sources)


def _read_values(files: tuple[Path, ...]) -> tuple[bytes, ...]:
    if not files:
        return ()
    from seatrial.charts import read_values

    return read_values(files, named_in="of --values")


def _something(manifests: Manifests, sources: Sources) -> Manifests:
    """Paths without any manifest are a gap: most likely they are not what was meant."""
    from seatrial.cluster.manifests import ManifestProblem, Manifests

    if manifests.found or manifests.problems:
        return manifests
    nothing = ManifestProblem(
        file=", ".join(_names_of_files(sources)),
        what="no manifest was found.",
        next_step="Pipe manifests into it."
        if sources.files == (Path("-"),)
        else "Check the path; files end in .yaml, .yml or .json.",
    )
    return Manifests((), (nothing,), manifests.files)
