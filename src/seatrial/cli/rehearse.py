"""`seatrial rehearse`: run the upgrade plan on a simulated twin: what would fail, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.cli import desk_options
from seatrial.cli.options import PATH, Command, option, output_format
from seatrial.cli.output import OutputFormat
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.cluster.snapshot import Snapshot
    from seatrial.fleet.resolve import ResolvedTarget
    from seatrial.plan import Plan
    from seatrial.rehearsal import RehearsalReport
    from seatrial.rehearsal.seed_releases import InstalledChart


@click.command(cls=Command)
@option("--to", metavar="VERSION", default="", help="The target; by default the cluster's next minor.")
@option("--context", default="", help="kubeconfig context; the current one when not given.")
@desk_options.kubeconfig
@option("--snapshot", type=PATH, help="A file made by `seatrial snapshot`, instead of a live cluster.")
@option("--plan", type=PATH, help="A file made by `seatrial plan`; without it the plan is made now.")
@option("--fleet", type=PATH, help="The fleet file: whose charts and owners the plan then has.")
@option("--cluster", default="", help="The cluster's name in the fleet file.")
@option("--release", default="", help="The release of the fleet file to go to.")
@option("--fix", metavar="CHECK", multiple=True, help="Allow this check's safe fix; repeat for more.")
@output_format
@option("--svg", type=PATH, help="Also draw the timeline into this SVG file.")
@option(
    "--state",
    envvar="SEATRIAL_STATE",
    default="",
    show_default="~/.local/state/seatrial",
    help="Where the prediction is kept: a folder, or postgresql://USER@HOST/DATABASE.",
)
def rehearse(
    to: str,
    context: str,
    kubeconfig: Path | None,
    snapshot: Path | None,
    plan: Path | None,
    fleet: Path | None,
    cluster: str,
    release: str,
    fix: tuple[str, ...],
    output: OutputFormat,
    svg: Path | None,
    state: str,
) -> int:
    """Rehearse the upgrade of a cluster on a simulated twin. Nothing is written to the cluster.

    A live cluster is read into memory only; what is predicted is kept in the state, without any object of
    the cluster, for `seatrial accuracy` to compare with what then happens.

    Exit codes: 0 nothing failed on the twin, 2 something fails, 3 something could not be read or is not
    modelled, 4 could not run.
    """
    _refuse_mixtures(to, snapshot, context, kubeconfig, plan, fleet, cluster, release, fix)
    found = _from_fleet(fleet, cluster, release)
    given = _read_plan(plan) if plan is not None else None
    named = context or found.context or (given.cluster if given is not None else "")
    captured = _capture(snapshot, kubeconfig, named)
    planned = given or _make_plan(captured, found, to, fix)
    report = _rehearsed(captured, planned, found.installed)
    if svg is not None:
        _draw(report, svg)
    _print(report, output)
    _keep(report, planned, state)
    if output is OutputFormat.TABLE:
        if report.failed:
            _print_fixes(captured, planned)
        _print_hops(planned)
    return int(report.exit_code)


def _refuse_mixtures(
    to: str,
    snapshot: Path | None,
    context: str,
    kubeconfig: Path | None,
    plan: Path | None,
    fleet: Path | None,
    cluster: str,
    release: str,
    fix: tuple[str, ...],
) -> None:
    if snapshot is not None and (context or kubeconfig):
        raise BadInput(
            "--snapshot and a live cluster exclude each other.",
            next_step="Leave out --snapshot, or --context and --kubeconfig.",
        )
    if plan is not None and (to or release or fix):
        raise BadInput(
            "the plan says where it goes and what it fixes.",
            next_step="Leave out --to, --release and --fix, or --plan.",
        )
    if fix:
        from seatrial.checks.registry import get_check

        for check in fix:
            get_check(check)  # refuses one that does not exist
    if fleet is None and (cluster or release):
        raise BadInput(
            "--cluster and --release are names of a fleet file.", next_step="Name it with --fleet."
        )
    if fleet is not None and not cluster:
        raise BadInput("a fleet file may have several clusters.", next_step="Name one with --cluster.")
    if fleet is not None and plan is None and not release:
        raise BadInput("a fleet file may have several releases.", next_step="Name one with --release.")


@dataclass(frozen=True, slots=True)
class _Found:
    """What a fleet file says of a cluster."""

    context: str = ""
    target: ResolvedTarget | None = None
    """What it gets from the release."""
    believed: str = ""
    """The minor that it says the cluster runs."""
    installed: tuple[InstalledChart, ...] = ()
    """The charts that it has from the stack."""


def _from_fleet(path: Path | None, cluster: str, release: str) -> _Found:
    if path is None:
        return _Found()
    from seatrial.fleet.load import read_fleet
    from seatrial.fleet.resolve import find_cluster, resolve
    from seatrial.wiring.rehearsing import installed_charts

    fleet, base = read_fleet(path), path.parent.absolute()
    spec = find_cluster(fleet, cluster)
    return _Found(
        context=spec.context or cluster,
        believed=spec.version,
        target=resolve(fleet, cluster, release, base) if release else None,
        installed=installed_charts(fleet, cluster, base),
    )


def _capture(snapshot: Path | None, kubeconfig: Path | None, context: str) -> Snapshot:
    if snapshot is not None:
        from seatrial.capture.archive import load

        loaded = load(snapshot)
        _refuse_misshapen(loaded, snapshot)
        return loaded
    from seatrial.cli.source import reach_of, read_live, run_async

    return run_async(read_live(reach_of(kubeconfig, context)))


def _refuse_misshapen(snapshot: Snapshot, file: Path) -> None:
    """A check reports such objects as not looked at; a twin cannot be made of them."""
    from seatrial.cluster.models import KINDS
    from seatrial.errors import BadFormat

    for kind in KINDS:
        try:
            snapshot.read(kind)
        except BadFormat as error:
            raise BadFormat(
                error.what,
                where=f"{file}: {error.where or kind.API.kind}",
                next_step="Make a new snapshot with: seatrial snapshot -o FILE.",
            ) from None


def _read_plan(path: Path) -> Plan:
    from seatrial.plan import read_plan
    from seatrial.plan.file import MAX_BYTES

    with path.open("rb") as file:
        return read_plan(file.read(MAX_BYTES + 1), where=str(path))


def _make_plan(captured: Snapshot, found: _Found, to: str, fixes: tuple[str, ...]) -> Plan:
    from seatrial.rehearsal.derived_provider import with_provider
    from seatrial.wiring.planning import PlanRequest, plan_snapshot

    request = PlanRequest(
        to=to or (found.target.kubernetes if found.target else ""),
        by="rehearse",
        fleet_target=found.target,
        believed=found.believed,
        permitted_fixes=fixes,
    )
    return plan_snapshot(with_provider(captured), request, captured.meta.captured_at).plan


def _rehearsed(captured: Snapshot, plan: Plan, installed: tuple[InstalledChart, ...]) -> RehearsalReport:
    import os

    from seatrial.cli.rehearsal_progress import RehearsalProgress
    from seatrial.cli.source import run_async
    from seatrial.rehearsal import rehearse as rehearse_plan
    from seatrial.wiring.applying import helm_for
    from seatrial.wiring.rehearsing import rehearsal_tools

    helm = run_async(helm_for(plan, os.environ))
    with RehearsalProgress(plan) as progress:
        tools = rehearsal_tools(helm, os.environ, progress.told)
        return rehearse_plan(captured, plan, tools, installed=installed)


def _draw(report: RehearsalReport, path: Path) -> None:
    from seatrial.rehearsal.timeline import timeline_svg
    from seatrial.whole_file import write_whole

    write_whole(path, timeline_svg(report).encode())


def _print(report: RehearsalReport, output: OutputFormat) -> None:
    if output is OutputFormat.TABLE:
        from seatrial.cli.rehearsal_view import print_rehearsal

        print_rehearsal(report)
    else:
        import msgspec

        from seatrial.cli.output import print_data

        print_data({**msgspec.to_builtins(report), "exitCode": int(report.exit_code)}, output)


def _keep(report: RehearsalReport, plan: Plan, state: str) -> None:
    """Beside the journals of runs; a state that cannot be written spoils no rehearsal."""
    import asyncio
    import sys

    from seatrial.cli.output import print_line
    from seatrial.cli.rollout_desk import open_desk
    from seatrial.errors import SeatrialError
    from seatrial.rehearsal.predicting import prediction_of
    from seatrial.wiring.scoring import keep_prediction

    async def keep() -> None:
        async with open_desk(state) as desk:
            await keep_prediction(desk.store, prediction_of(report, plan, at=desk.clock.now()))

    try:
        asyncio.run(keep())
    except (SeatrialError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        print_line(f"The prediction is not kept for `seatrial accuracy`: {why}", out=sys.stderr)


def _print_hops(plan: Plan) -> None:
    if plan.hops_left:
        from seatrial.cli.output import print_line

        print_line(
            f"This was the way to {plan.to_version} only. Still to go, each with its own plan"
            f" and rehearsal: {', '.join(plan.hops_left)}"
        )


def _print_fixes(captured: Snapshot, plan: Plan) -> None:
    """Safe fixes that the plan was not permitted: the next rehearsal may try them."""
    from seatrial.checks.run import check_snapshot
    from seatrial.cli.output import print_line
    from seatrial.cluster.version import Minor
    from seatrial.plan.observed import fixes_for

    findings = check_snapshot(captured, Minor.parse(plan.to_version)).findings
    for each in fixes_for(captured, findings):
        if each.check not in plan.permitted_fixes and not each.reverted_by:
            print_line(f"  → A safe fix is known: {each.title}. Rehearse it with --fix {each.check}")
