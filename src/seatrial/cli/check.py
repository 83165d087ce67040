"""`seatrial check`: is this cluster, snapshot or folder ready for the next minor? Only its flags."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.check_baseline import apply_baseline, refuse_two_baselines
from seatrial.cli.check_choice import ProfileName, chosen_checks
from seatrial.cli.check_format import CheckFormat, FailOn, Grouping, as_data_or_table
from seatrial.cli.check_sources import Sources, refuse_nonsense
from seatrial.errors import BadInput

app = typer.Typer(rich_markup_mode=None)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help='Manifests, folders, kustomizations, charts (folder or .tgz); "-" is standard input.',
        ),
    ] = None,
    to: Annotated[
        str, typer.Option(metavar="MINOR", help="The target; by default the cluster's next minor.")
    ] = "",
    context: Annotated[
        list[str] | None, typer.Option(help="The kubeconfig context to check; repeat for several clusters.")
    ] = None,
    all_contexts: Annotated[
        bool, typer.Option("--all-contexts", help="Check the clusters of all contexts.")
    ] = False,
    kubeconfig: Annotated[Path | None, typer.Option(help="The kubeconfig file to use.")] = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="A file made by `seatrial snapshot`, instead of a live cluster.")
    ] = None,
    fleet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The fleet file: its clusters, unless others are named, and what it decides about checks.",
        ),
    ] = None,
    cluster: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A cluster of the fleet file; repeat for more.")
    ] = None,
    selector: Annotated[
        str, typer.Option("-l", "--selector", help="Labels of clusters of the fleet file: tier=production.")
    ] = "",
    git_ref: Annotated[
        str, typer.Option(metavar="REF", help="Take the paths from this commit, branch or tag, untouched.")
    ] = "",
    values: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Values for the charts among the paths; repeatable."),
    ] = None,
    audit_log: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help='An API server\'s audit log, also packed (.gz); "-"; repeatable.'),
    ] = None,
    image_platforms: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Which platforms images have builds for: IMAGE linux/amd64,…"),
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
    group_by: Annotated[
        Grouping | None, typer.Option(help="Put findings together: by owner, namespace or check.")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="The least that gives an exit code other than 0.")
    ] = FailOn.WARNING,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Count only what this file does not know yet.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Remember all that is found now, as known.")
    ] = None,
    output: Annotated[
        CheckFormat,
        typer.Option("-o", "--output", help="text, table, wide, json, yaml, sarif, github or html."),
    ] = CheckFormat.TEXT,
    fix_plan: Annotated[
        bool, typer.Option("--fix-plan", help="Print the known fixes as a diff instead; write nothing.")
    ] = False,
) -> None:
    """Check clusters, a snapshot or files: are they ready for the next minor?

    Files and audit logs can go with the cluster that they belong to. Nothing is written to any cluster.

    Exit codes: 0 clean, 1 warnings, 2 blockers, 3 something could not be read, 4 could not run. Of several
    clusters the worst counts.
    """
    sources = Sources(
        paths=tuple(paths or ()),
        git_ref=git_ref,
        values=tuple(values or ()),
        audit_logs=tuple(audit_log or ()),
        image_platforms=image_platforms,
        snapshot=snapshot,
        kubeconfig=kubeconfig,
        contexts=tuple(dict.fromkeys(context or ())),
        all_contexts=all_contexts,
        fleet=fleet,
        clusters=tuple(dict.fromkeys(cluster or ())),
        selector=selector,
        to=to,
    )
    refuse_nonsense(sources)
    refuse_two_baselines(baseline, write_baseline, many=sources.are_many)
    chosen = chosen_checks(profile, only or (), skip or ())

    from seatrial.cli.check_exit import exit_code_of
    from seatrial.cli.check_report import print_many, print_one
    from seatrial.cli.check_settings import read_fleet_of, settings_for

    fleet_file = read_fleet_of(fleet)
    if fix_plan and sources.are_many:
        raise BadInput("a fix plan is about one cluster.", next_step="Name one with --context.")
    if sources.are_many:
        from seatrial.cli.check_many import check_many

        clusters = check_many(sources, chosen, fleet_file)
        print_many(clusters, output, group_by)
        raise typer.Exit(int(exit_code_of((each.report for each in clusters), fail_on)))

    from seatrial.checks.run import check_inputs
    from seatrial.cli.check_inputs import gather

    found = gather(sources, chosen, fleet_file)
    cluster_name = found.inputs.snapshot.meta.cluster if found.inputs.snapshot else ""
    settings = settings_for(fleet_file, cluster_name, image_platforms)
    report = check_inputs(found.inputs, found.target, chosen, settings)
    report = apply_baseline(report, baseline, write_baseline)
    if fix_plan:
        from seatrial.cli.fix_plan import print_fix_plan

        print_fix_plan(report, found.inputs, found.target, as_data_or_table(output))
    else:
        print_one(report, found.inputs.snapshot, output, group_by)
    raise typer.Exit(int(exit_code_of([report], fail_on)))
