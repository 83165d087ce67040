"""`seatrial rbac`: the least ClusterRole that the chosen checks need."""

from __future__ import annotations

import re

import click

from seatrial.cli.check_choice import ProfileName, chosen_checks
from seatrial.cli.options import Command, OneOf, flag, option
from seatrial.cli.output import OutputFormat, print_data
from seatrial.errors import BadInput

_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")


@click.command(cls=Command)
@option("--name", default="seatrial-check", help="Name of the ClusterRole.")
@option("--profile", type=OneOf(ProfileName), help="The checks of this profile; readiness when not given.")
@option("--only", multiple=True, metavar="ID", help="Only this check; repeatable.")
@option("--skip", multiple=True, metavar="ID", help="Not this check; repeatable.")
@flag("--secrets", help="Also list Secrets, where Helm keeps its releases: shows their values.")
@option(
    "--group", multiple=True, metavar="GROUP", help="API group of custom resources to list too; repeatable."
)
@option("-o", "--output", type=OneOf(OutputFormat), default=OutputFormat.YAML, help="yaml or json.")
def rbac(
    name: str,
    profile: ProfileName | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    secrets: bool,
    group: tuple[str, ...],
    output: OutputFormat,
) -> None:
    """Print the least ClusterRole that the chosen checks need: it can read and nothing else.

    Bind it with: kubectl create clusterrolebinding seatrial-check --clusterrole=seatrial-check --user=NAME
    """
    if output is OutputFormat.TABLE:
        raise BadInput("a ClusterRole is YAML or JSON.", next_step="Use -o yaml or -o json.")
    if any(each in ("", "*") for each in group):
        raise BadInput(
            "every group is more than the checks need: that would show Secrets too.",
            next_step="Name the groups of your custom resources, such as --group argoproj.io.",
        )
    for each in group:
        if not _SUBDOMAIN.match(each):
            raise BadInput(
                f"{each!r} is not the name of an API group.",
                next_step="Write it as in apiVersion, such as --group argoproj.io.",
            )
    from seatrial.catalog import api_catalog
    from seatrial.checks.permissions import cluster_role, permissions

    chosen = chosen_checks(profile, only, skip)
    allowed = permissions(chosen, api_catalog(), secrets=secrets, groups=group)
    _say_what_is_left_out("--secrets", "Secrets", allowed.without_secrets)
    _say_what_is_left_out("--group", "custom resources", allowed.without_custom)
    print_data(cluster_role(allowed, name), output)


def _say_what_is_left_out(option: str, what: str, checks: tuple[str, ...]) -> None:
    """On stderr, so that the output can go to kubectl as it is."""
    if checks:
        click.echo(f"Without {what} ({option}) these checks stay incomplete: {', '.join(checks)}.", err=True)
