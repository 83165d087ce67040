"""`seatrial check`: is this cluster, snapshot or folder ready for the next minor? Only its flags."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import click

from seatrial.cli import options
from seatrial.cli.check_baseline import apply_baseline, refuse_two_baselines
from seatrial.cli.check_choice import ProfileName, chosen_checks
from seatrial.cli.check_format import CheckFormat, FailOn, Grouping, as_data_or_table
from seatrial.cli.check_sources import Sources, refuse_nonsense
from seatrial.cli.options import PATH, Command, OneOf, flag, option
from seatrial.errors import BadInput


def _only_one(_: click.Context, parameter: click.Parameter, given: tuple[Path, ...]) -> Path | None:
    """Where a report of the last one alone would be taken for a report of all."""
    if len(given) > 1:
        name = parameter.opts[0]
        raise BadInput(f"{name} is given twice.", next_step="Check each in a run of its own.")
    return given[0] if given else None


@click.command(cls=Command)
@click.argument(
    "paths",
    type=PATH,
    nargs=-1,
    metavar="[PATH]...",
    help='Manifests, folders, kustomizations, charts (folder or .tgz); "-" is standard input.',
)
@option("--to", metavar="MINOR", default="", help="The target; by default the cluster's next minor.")
@option("--context", multiple=True, help="The kubeconfig context to check; repeat for several clusters.")
@flag("--all-contexts", help="Check the clusters of all contexts.")
@option("--kubeconfig", type=PATH, help="The kubeconfig file to use.")
@option(
    "--snapshot",
    type=PATH,
    multiple=True,
    callback=_only_one,
    help="A file made by `seatrial snapshot`, instead of a live cluster.",
)
@option(
    "--fleet",
    type=PATH,
    metavar="FILE",
    help="The fleet file: its clusters, unless others are named, and what it decides about checks.",
)
@option("--cluster", multiple=True, metavar="NAME", help="A cluster of the fleet file; repeat for more.")
@option("-l", "--selector", default="", help="Labels of clusters of the fleet file: tier=production.")
@option(
    "--git-ref",
    metavar="REF",
    default="",
    help="Take the paths from this commit, branch or tag, untouched.",
)
@option(
    "--values",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="Values for the charts among the paths; repeatable.",
)
@option(
    "--audit-log",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help='An API server\'s audit log, also packed (.gz); "-"; repeatable.',
)
@options.provider_data
@option(
    "--image-platforms",
    type=PATH,
    metavar="FILE",
    help="Which platforms images have builds for: IMAGE linux/amd64,…",
)
@option("--profile", type=OneOf(ProfileName), help="Which checks; readiness when not given.")
@option("--only", multiple=True, metavar="ID", help="Run this check alone; repeat for more.")
@option("--skip", multiple=True, metavar="ID", help="Leave this check out; repeat for more.")
@option("--group-by", type=OneOf(Grouping), help="Put findings together: by owner, namespace or check.")
@option(
    "--fail-on",
    type=OneOf(FailOn),
    default=FailOn.WARNING,
    help="The least that gives an exit code other than 0.",
)
@option("--baseline", type=PATH, metavar="FILE", help="Count only what this file does not know yet.")
@option("--write-baseline", type=PATH, metavar="FILE", help="Remember all that is found now, as known.")
@option(
    "-o",
    "--output",
    type=OneOf(CheckFormat),
    default=CheckFormat.TEXT,
    help="text, table, wide, json, yaml, sarif, github or html.",
)
@flag("--fix-plan", help="Print the known fixes as a diff instead; write nothing.")
def check(
    paths: tuple[Path, ...],
    to: str,
    context: tuple[str, ...],
    all_contexts: bool,
    kubeconfig: Path | None,
    snapshot: Path | None,
    fleet: Path | None,
    cluster: tuple[str, ...],
    selector: str,
    git_ref: str,
    values: tuple[Path, ...],
    audit_log: tuple[Path, ...],
    provider_data: tuple[Path, ...],
    image_platforms: Path | None,
    profile: ProfileName | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    group_by: Grouping | None,
    fail_on: FailOn,
    baseline: Path | None,
    write_baseline: Path | None,
    output: CheckFormat,
    fix_plan: bool,
) -> int:
    """Check clusters, a snapshot or files: are they ready for the next minor?

    Files and audit logs can go with the cluster that they belong to. Nothing is written to any cluster.

    Exit codes: 0 clean, 1 warnings, 2 blockers, 3 something could not be read, 4 could not run. Of several
    clusters the worst counts.
    """
    sources = Sources(
        paths=paths,
        git_ref=git_ref,
        values=values,
        audit_logs=audit_log,
        provider_data=tuple(dict.fromkeys(provider_data)),
        image_platforms=image_platforms,
        snapshot=snapshot,
        kubeconfig=kubeconfig,
        contexts=tuple(dict.fromkeys(context)),
        all_contexts=all_contexts,
        fleet=fleet,
        clusters=tuple(dict.fromkeys(cluster)),
        selector=selector,
        to=to,
    )
    refuse_nonsense(sources)
    refuse_two_baselines(baseline, write_baseline, many=sources.are_many)
    chosen = cache(partial(chosen_checks, profile, only, skip))  # loading them can wait for other processes

    from seatrial.cli.check_exit import exit_code_of
    from seatrial.cli.check_report import print_many, print_one
    from seatrial.cli.check_settings import read_fleet_of, settings_for

    fleet_file = read_fleet_of(fleet)
    if fix_plan and sources.are_many:
        raise BadInput("a fix plan is about one cluster.", next_step="Name one with --context.")
    if sources.are_many:
        from seatrial.cli.check_many import check_many

        clusters = check_many(sources, chosen(), fleet_file)
        print_many(clusters, output, group_by)
        return exit_code_of((each.report for each in clusters), fail_on)

    from seatrial.cli.check_inputs import gather

    found = gather(sources, chosen, fleet_file)

    from seatrial.checks.run import check_inputs

    cluster_name = found.inputs.snapshot.meta.cluster if found.inputs.snapshot else ""
    settings = settings_for(fleet_file, cluster_name, image_platforms)
    report = check_inputs(found.inputs, found.target, chosen(), settings)
    report = apply_baseline(report, baseline, write_baseline)
    if fix_plan:
        from seatrial.cli.fix_plan import print_fix_plan

        print_fix_plan(report, found.inputs, found.target, as_data_or_table(output), git_ref)
    else:
        print_one(report, found.inputs.snapshot, output, group_by)
    return exit_code_of([report], fail_on)
