"""What the flags of `seatrial check` name: which cluster or clusters, files and logs, in one run.

A cluster is corroborated by files and audit logs: they say who still asks for what its metrics count. So
these go together; several clusters at once go alone, as nobody could say to which of them a file belongs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """As they were given; `refuse_nonsense` says what does not go together."""

    paths: tuple[Path, ...] = ()
    git_ref: str = ""
    """Where given, the paths are taken from this commit."""
    values: tuple[Path, ...] = ()
    """Values files for the charts among the paths."""
    audit_logs: tuple[Path, ...] = ()
    provider_data: tuple[Path, ...] = ()
    """What the provider's command line printed about the cluster."""
    image_platforms: Path | None = None
    snapshot: Path | None = None
    kubeconfig: Path | None = None
    contexts: tuple[str, ...] = ()
    all_contexts: bool = False
    fleet: Path | None = None
    clusters: tuple[str, ...] = ()
    """Names in the fleet file."""
    selector: str = ""
    """Labels of clusters of the fleet file."""
    to: str = ""
    """The target; empty for the next minor of each cluster."""

    @property
    def files(self) -> tuple[Path, ...]:
        """A Git reference alone means what the working directory had."""
        return self.paths or ((Path(),) if self.git_ref else ())

    @property
    def are_many(self) -> bool:
        """Whether this is about several clusters, a report each."""
        return self.all_contexts or len(self.contexts) > 1 or (self.are_of_fleet and len(self.clusters) != 1)

    @property
    def are_of_fleet(self) -> bool:
        """Whether the fleet file names the clusters, rather than only bringing its settings."""
        named = bool(self.clusters or self.selector)
        others = self.contexts or self.all_contexts or self.files or self.audit_logs or self.snapshot
        return named or (self.fleet is not None and not others)

    @property
    def has_live_cluster(self) -> bool:
        return bool(self.contexts or self.all_contexts or self.kubeconfig)

    @property
    def name_no_cluster(self) -> bool:
        """Only files or logs were named: then no cluster is read."""
        return bool(self.files or self.audit_logs) and not (
            self.has_live_cluster or self.are_of_fleet or self.snapshot
        )


def refuse_nonsense(sources: Sources) -> None:
    """Raise `BadInput` for flags that contradict each other."""
    _refuse_two_kinds_of_cluster(sources)
    if sources.are_many and (sources.files or sources.audit_logs):
        raise BadInput(
            "files and audit logs belong to one cluster, and several are named.",
            next_step="Check them with their cluster in a run of their own.",
        )
    if sources.provider_data and (sources.are_many or sources.name_no_cluster):
        raise BadInput(
            "--provider-data is about one cluster, and several are named."
            if sources.are_many
            else "--provider-data is about a cluster, and only files are named.",
            next_step="Name its cluster with --context or --snapshot.",
        )
    if sources.values and not sources.files:
        raise BadInput("--values is for charts, and no path is named.", next_step="Name the chart's folder.")
    if sources.git_ref and Path("-") in sources.paths:
        raise BadInput("standard input is in no Git reference.", next_step='Leave out "-", or --git-ref.')
    inputs = (*sources.paths, *sources.audit_logs, *sources.provider_data)
    if len([each for each in inputs if str(each) == "-"]) > 1:
        raise BadInput("standard input can be read once.", next_step='Give "-" once.')


def _refuse_two_kinds_of_cluster(sources: Sources) -> None:
    if sources.all_contexts and sources.contexts:
        raise BadInput("--all-contexts takes every context.", next_step="Leave out --context.")
    if sources.snapshot is not None and (sources.has_live_cluster or sources.clusters or sources.selector):
        raise BadInput(
            "--snapshot and a live cluster exclude each other.",
            next_step="Leave out --snapshot, or what names the cluster.",
        )
    if sources.fleet is None and (sources.clusters or sources.selector):
        raise BadInput(
            "--cluster and --selector choose among the clusters of a fleet file.",
            next_step="Name it with --fleet, or name kubeconfig contexts with --context.",
        )
    if (sources.clusters or sources.selector) and (sources.contexts or sources.all_contexts):
        raise BadInput(
            "the fleet file says which context each of its clusters has.",
            next_step="Leave out --context and --all-contexts, or --cluster and --selector.",
        )
