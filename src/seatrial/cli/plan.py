"""`seatrial plan`: what an upgrade of one cluster would do, as a file to review and approve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.cli import desk_options
from seatrial.cli.options import PATH, Command, OneOf, option
from seatrial.cli.output import OutputFormat, refuse_format
from seatrial.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from seatrial.plan import Plan
    from seatrial.wiring.planning import Planned, PlanRequest


@click.command(cls=Command)
@option("--to", metavar="VERSION", default="", help="The target; by default the cluster's next minor.")
@option("--context", default="", help="The kubeconfig context of the cluster.")
@desk_options.kubeconfig
@option("--fleet", type=PATH, help="The fleet file: charts, owners and releases come from it.")
@option("--cluster", default="", help="The cluster's name in the fleet file.")
@option("--release", default="", help="The release of the fleet file to go to.")
@option("--fix", metavar="CHECK", multiple=True, help="Permit the safe fixes of this check (repeatable).")
@option("-o", "--out", "file", metavar="FILE", type=PATH, help="Write the plan to this file.")
@option(
    "--output",
    type=OneOf(OutputFormat),
    default=OutputFormat.TABLE,
    help="table, json or yaml; of what is printed.",
)
@option("--by", default="", show_default="the user who runs it", help="Who plans this.")
def plan(
    to: str,
    context: str,
    kubeconfig: Path | None,
    fleet: Path | None,
    cluster: str,
    release: str,
    fix: tuple[str, ...],
    file: Path | None,
    output: OutputFormat,
    by: str,
) -> int:
    """Plan the upgrade of a cluster by one minor at most. Nothing is written to the cluster.

    Exit codes: 0 clean, 1 warnings, 2 blockers, 3 something could not be read, 4 could not run.
    """
    from seatrial.cli.plan_text import plan_lines, print_plan_data
    from seatrial.plan import digest, write_plan
    from seatrial.whole_file import write_whole

    if file is not None:
        refuse_format(file)
    planned = _plan(to, context, kubeconfig, fleet, cluster, release, fix, by)
    made = planned.plan
    if file is not None:
        write_whole(file, write_plan(made))
    if output is OutputFormat.TABLE:
        if not (to or release):
            click.echo(f"No target was named: this goes to the next minor, {made.release}.")
        for line in plan_lines(made):
            click.echo(line)
        if file is not None:
            click.echo(f"\nWritten to {file} (digest {digest(made)[:16]}…). Apply exactly this plan with:")
            click.echo(f"  seatrial apply {file}")
    else:
        print_plan_data(made, output)
    return exit_code_of(made)


def exit_code_of(plan: Plan) -> ExitCode:
    """The worst of the plan's findings."""
    severities = {finding.severity for finding in plan.findings}
    if "blocker" in severities:
        return ExitCode.BLOCKERS
    if "incomplete" in severities:
        return ExitCode.INCOMPLETE
    return ExitCode.WARNINGS if "warning" in severities else ExitCode.CLEAN


def _plan(
    to: str,
    context: str,
    kubeconfig: Path | None,
    fleet: Path | None,
    cluster: str,
    release: str,
    fixes: tuple[str, ...],
    by: str,
) -> Planned:
    import asyncio

    from seatrial.cli.source import reach_of
    from seatrial.clock import WallClock
    from seatrial.wiring.planning import plan_live

    request = plan_request(to, fleet, cluster, release, fixes, by)
    found = request.fleet_target
    reach = reach_of(kubeconfig, context or (found.context if found else ""))
    return asyncio.run(plan_live(reach, WallClock(), request))


def plan_request(
    to: str, fleet: Path | None, cluster: str, release: str, fixes: tuple[str, ...], by: str
) -> PlanRequest:
    """What the options ask for; raise `BadInput` when they do not fit together."""
    from seatrial.checks.registry import get_check
    from seatrial.cli.rollout_desk import who
    from seatrial.wiring.planning import PlanRequest

    for check in fixes:
        get_check(check)
    if fleet is None:
        if cluster or release:
            raise BadInput(
                "--cluster and --release name things of a fleet file.", next_step="Add --fleet FILE."
            )
        return PlanRequest(to=to, by=who(by), permitted_fixes=fixes)
    from seatrial.fleet.load import read_fleet
    from seatrial.fleet.model import ReleaseSpec
    from seatrial.fleet.resolve import find_cluster, resolve

    if not cluster:
        raise BadInput("the fleet file holds many clusters.", next_step="Name one with --cluster.")
    loaded = read_fleet(fleet)
    base = fleet.parent.absolute()
    if bool(release) is bool(to):
        raise BadInput(
            "with a fleet file the target is a release or a version.",
            next_step="Give one of --release and --to.",
        )
    if to:  # the stack as it is, on another version
        only_kubernetes = ReleaseSpec(name=f"kubernetes-{to}", kubernetes=to)
        loaded = loaded.model_copy(update={"releases": (*loaded.releases, only_kubernetes)})
        release = only_kubernetes.name
    target = resolve(loaded, cluster, release, base)
    return PlanRequest(
        to=target.kubernetes,
        by=who(by),
        fleet_target=target,
        believed=find_cluster(loaded, cluster).version,
        permitted_fixes=fixes,
    )
