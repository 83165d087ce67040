"""`seatrial rbac`: the least ClusterRole that the chosen checks need."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from seatrial.cli.check_choice import ProfileName, chosen_checks
from seatrial.cli.output import OutputFormat, print_data
from seatrial.errors import BadInput

_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")

app = typer.Typer(rich_markup_mode=None)


@app.command()
def rbac(
    name: Annotated[str, typer.Option(help="Name of the ClusterRole.")] = "seatrial-check",
    profile: Annotated[
        ProfileName | None, typer.Option(help="The checks of this profile; readiness when not given.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this check; repeatable.")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="ID", help="Not this check; repeatable.")] = None,
    secrets: Annotated[
        bool,
        typer.Option(
            "--secrets", help="Also list Secrets, where Helm keeps its releases: shows their values."
        ),
    ] = False,
    group: Annotated[
        list[str] | None,
        typer.Option(metavar="GROUP", help="API group of custom resources to list too; repeatable."),
    ] = None,
    output: Annotated[OutputFormat, typer.Option("-o", "--output", help="yaml or json.")] = OutputFormat.YAML,
) -> None:
    """Print the least ClusterRole that the chosen checks need: it can read and nothing else.

    Bind it with: kubectl create clusterrolebinding seatrial-check --clusterrole=seatrial-check --user=NAME
    """
    if output is OutputFormat.TABLE:
        raise BadInput("a ClusterRole is YAML or JSON.", next_step="Use -o yaml or -o json.")
    if any(each in ("", "*") for each in group or ()):
        raise BadInput(
            "every group is more than the checks need: that would show Secrets too.",
            next_step="Name the groups of your custom resources, such as --group argoproj.io.",
        )
    for each in group or ():
        if not _SUBDOMAIN.match(each):
            raise BadInput(
                f"{each!r} is not the name of an API group.",
                next_step="Write it as in apiVersion, such as --group argoproj.io.",
            )
    from seatrial.catalog import api_catalog
    from seatrial.checks.permissions import cluster_role, permissions

    chosen = chosen_checks(profile, only or (), skip or ())
    allowed = permissions(chosen, api_catalog(), secrets=secrets, groups=tuple(group or ()))
    _say_what_is_left_out("--secrets", "Secrets", allowed.without_secrets)
    _say_what_is_left_out("--group", "custom resources", allowed.without_custom)
    print_data(cluster_role(allowed, name), output)


def _say_what_is_left_out(option: str, what: str, checks: tuple[str, ...]) -> None:
    """On stderr, so that the output can go to kubectl as it is."""
    if checks:
        typer.echo(f"Without {what} ({option}) these checks stay incomplete: {', '.join(checks)}.", err=True)
