"""`seatrial fleet`: look at a fleet file, check it, and print its JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.cli.options import PATH, Group, output_format
from seatrial.cli.output import OutputFormat, Tone, print_data, print_line, print_table

if TYPE_CHECKING:
    from seatrial.fleet.model import Fleet, StageSpec, StrategySpec

fleet_file = click.argument("file", type=PATH, metavar="FILE", help="The fleet file.")


@click.group(cls=Group)
def fleet() -> None:
    """Check and show a fleet file: clusters, the stack of charts, releases, strategies."""


@fleet.command()
@fleet_file
def validate(file: Path) -> None:
    """Check the file and everything it names; all problems at once, each with its line."""
    from seatrial.fleet.load import read_fleet
    from seatrial.wiring.check_settings import refuse_unknown_checks

    fleet = read_fleet(file)
    refuse_unknown_checks(fleet)
    print_line(
        f"{file}: {_count(fleet.clusters, 'cluster')}, {_count(fleet.stack, 'component')},"
        f" {_count(fleet.releases, 'release')}, {_count(fleet.strategies, 'strategy', 'strategies')}:"
        " nothing wrong with it."
    )


@fleet.command()
@fleet_file
@output_format
def show(file: Path, output: OutputFormat) -> None:
    """Show clusters, releases, and which clusters each stage of each strategy has."""
    from seatrial.fleet.load import read_fleet

    fleet = read_fleet(file)
    if output is not OutputFormat.TABLE:
        print_data(fleet.model_dump(mode="json", by_alias=True), output)
        return
    print_table(("CLUSTER", "TIER", "VERSION", "PROVIDER", "CONTEXT", "OWNERS", "LABELS"), _clusters(fleet))
    if fleet.stack:
        print_line()
        print_table(("COMPONENT", "NAMESPACE", "CHART", "OWNER"), _components(fleet))
    if fleet.releases:
        print_line()
        print_table(("RELEASE", "KUBERNETES", "CHARTS"), _releases(fleet))
    for strategy in fleet.strategies:
        print_line()
        print_line((f"STRATEGY {strategy.name}", Tone.STRONG))
        print_table(
            ("STAGE", "AT ONCE", "CANARY", "BEARS", "SOAK", "APPROVAL", "CLUSTERS"), _stages(fleet, strategy)
        )
    windows = _windows(fleet)
    if windows:
        print_line()
        print_table(("STARTS ONLY", "WHEN"), windows)


@fleet.command()
def schema() -> None:
    """Print the JSON Schema of the fleet file, for editors and other checkers."""
    from seatrial.fleet.schema import schema_text

    click.echo(schema_text(), nl=False)


def _clusters(fleet: Fleet) -> list[tuple[str, ...]]:
    return [
        (
            cluster.name,
            cluster.tier.value,
            cluster.version,
            " ".join(part for part in (cluster.provider.kind, cluster.provider.region) if part),
            cluster.context or cluster.name,
            ", ".join(
                f"{what}: {owner}"
                for what, owner in (
                    ("control plane", cluster.owners.control_plane),
                    ("nodes", cluster.owners.node_groups),
                    ("charts", cluster.owners.charts),
                )
                if owner.how != "direct"
            )
            or "direct",
            " ".join(f"{key}={value}" for key, value in cluster.labels.items()),
        )
        for cluster in fleet.clusters
    ]


def _components(fleet: Fleet) -> list[tuple[str, ...]]:
    return [
        (component.name, component.namespace, component.chart, str(component.owner or ""))
        for component in fleet.stack
    ]


def _releases(fleet: Fleet) -> list[tuple[str, ...]]:
    return [
        (release.name, release.kubernetes, ", ".join(release.charts) or "as the stack")
        for release in fleet.releases
    ]


def _stages(fleet: Fleet, strategy: StrategySpec) -> list[tuple[str, ...]]:
    from seatrial.fleet.stages import assign, in_scope

    assigned = assign(in_scope(fleet.clusters, strategy), strategy.stages)

    def row(stage: StageSpec) -> tuple[str, ...]:
        return (
            stage.name,
            str(stage.max_concurrent),
            str(stage.canary or ""),
            f"{stage.max_failures} failed",
            stage.soak,
            "a person" if stage.approval else "",
            ", ".join(assigned.of(stage.name)),
        )

    return [row(stage) for stage in strategy.stages]


def _windows(fleet: Fleet) -> list[tuple[str, ...]]:
    from seatrial.fleet.windows import write_maintenance

    of_clusters = [(cluster.name, cluster.maintenance) for cluster in fleet.clusters]
    of_stages = [
        (f"{strategy.name}, stage {stage.name}", stage.maintenance)
        for strategy in fleet.strategies
        for stage in strategy.stages
    ]
    return [(name, write_maintenance(spec.value)) for name, spec in of_clusters + of_stages if spec]


def _count(items: tuple[object, ...], one: str, many: str = "") -> str:
    return f"{len(items)} {one if len(items) == 1 else many or one + 's'}"
