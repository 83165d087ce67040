"""`seatrial check`: is this cluster, snapshot or folder ready for the next minor? Only its flags."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.check_choice import ProfileName, chosen_checks
from seatrial.cli.check_sources import Sources, refuse_nonsense
from seatrial.cli.output import OutputFormat

app = typer.Typer(rich_markup_mode=None)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help='Files and folders of manifests; "-" is standard input.'),
    ] = None,
    to: Annotated[
        str, typer.Option(metavar="MINOR", help="The target; by default the cluster's next minor.")
    ] = "",
    context: Annotated[str, typer.Option(help="The kubeconfig context to check.")] = "",
    kubeconfig: Annotated[Path | None, typer.Option(help="The kubeconfig file to use.")] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="A file made by `seatrial snapshot`, instead of a live cluster.")
    ] = None,
    fleet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The fleet file: what it decides about checks.")
    ] = None,
    profile: Annotated[
        ProfileName | None, typer.Option(help="Which checks; readiness when not given.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Run this check alone; repeat for more.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Leave this check out; repeat for more.")
    ] = None,
    output: Annotated[
        OutputFormat, typer.Option("-o", "--output", help="table, json or yaml.")
    ] = OutputFormat.TABLE,
) -> None:
    """Check a cluster, a snapshot or files: are they ready for the next minor?

    Nothing is written to the cluster. Exit codes: 0 clean, 1 warnings, 2 blockers, 3 something could not be
    read, 4 could not run.
    """
    sources = Sources(
        paths=tuple(paths or ()),
        snapshot=snapshot,
        kubeconfig=kubeconfig,
        contexts=(context,) if context else (),
        fleet=fleet,
        to=to,
    )
    refuse_nonsense(sources)
    chosen = chosen_checks(profile, only or (), skip or ())

    from seatrial.checks.run import check_inputs
    from seatrial.cli.check_inputs import gather, settings_of
    from seatrial.cli.check_report import print_one

    settings = settings_of(sources)
    gathered = gather(sources, chosen)
    report = check_inputs(gathered.inputs, gathered.target, chosen, settings)
    print_one(report, output)
    raise typer.Exit(int(report.exit_code))
