"""`seatrial check`: is this cluster, snapshot or folder ready for the next minor?"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.output import OutputFormat, print_data, print_table
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.cluster.findings import Report
    from seatrial.cluster.snapshot import Snapshot
    from seatrial.cluster.version import Minor

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
    output: Annotated[
        OutputFormat, typer.Option("-o", "--output", help="table, json or yaml.")
    ] = OutputFormat.TABLE,
    list_checks: Annotated[bool, typer.Option("--list", help="List the checks and stop.")] = False,
    explain: Annotated[str, typer.Option(metavar="CHECK", help="Show a check's page and stop.")] = "",
) -> None:
    """Check a cluster, a snapshot or files: are they ready for the next minor?

    Nothing is written to the cluster. Exit codes: 0 clean, 1 warnings, 2 blockers, 3 something could not be
    read, 4 could not run.
    """
    if list_checks or explain:
        _describe(explain)
        return
    _refuse_mixtures(paths, context, kubeconfig, snapshot)
    if paths:
        report = _check_paths(paths, to)
    else:
        from seatrial.checks.registry import kinds_to_read
        from seatrial.cli.source import read_source

        taken = read_source(kubeconfig=kubeconfig, context=context, snapshot=snapshot, kinds=kinds_to_read())
        report = _check_snapshot(taken, to)
    _print(report, output)
    raise typer.Exit(int(report.exit_code))


def _refuse_mixtures(
    paths: list[Path] | None, context: str, kubeconfig: Path | None, snapshot: Path | None
) -> None:
    live = bool(context) or kubeconfig is not None
    if sum((bool(paths), live, snapshot is not None)) > 1:
        raise BadInput(
            "paths, --snapshot and --context name different things to check.",
            next_step="Give one of them.",
        )


def _target(text: str) -> Minor:
    """A minor that exists or may exist; one just past the horizon is allowed, and reported as unknown."""
    from seatrial.catalog import BeyondHorizon, releases
    from seatrial.cluster.version import Minor

    minor = Minor.parse(text)
    with suppress(BeyondHorizon):
        releases().of(minor)
    return minor


def _check_paths(paths: list[Path], to: str) -> Report:
    from seatrial.checks.run import check_manifests
    from seatrial.cli.manifest_files import read_manifests
    from seatrial.cluster.manifests import ManifestProblem

    if not to:
        raise BadInput("files do not say which minor they are meant for.", next_step="Name it with --to.")
    target = _target(to)
    subject = ", ".join(str(path) for path in paths)
    manifests = read_manifests(paths)
    if not manifests.found and not manifests.problems:
        from msgspec.structs import replace

        nothing = ManifestProblem(
            file=subject,
            what="no manifest was found.",
            next_step="Check the path; files end in .yaml, .yml or .json.",
        )
        manifests = replace(manifests, problems=(nothing,))
    return check_manifests(manifests, target, subject)


def _check_snapshot(snapshot: Snapshot, to: str) -> Report:
    from seatrial.checks.run import check_snapshot

    return check_snapshot(snapshot, _target(to) if to else snapshot.meta.minor.plus(1))


def _print(report: Report, output: OutputFormat) -> None:
    if output is OutputFormat.TABLE:
        from seatrial.cli.report_text import print_report

        print_report(report)
    else:
        from seatrial.checks.document import report_document

        print_data(report_document(report), output)


def _describe(explain: str) -> None:
    from seatrial.checks.registry import all_checks, get_check

    if explain:
        typer.echo(get_check(explain).page)
    else:
        print_table(("CHECK", "WHAT IT FINDS"), [(each.id, each.title) for each in all_checks()])
