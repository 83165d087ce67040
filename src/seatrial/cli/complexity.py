"""`seatrial complexity`: what each exotic thing in a cluster or fleet costs to keep, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.cli.options import PATH, Command, option, output_format
from seatrial.cli.output import OutputFormat, Tone, icon, print_data, print_line, print_table
from seatrial.errors import BadInput, ExitCode, SeatrialError

if TYPE_CHECKING:
    from seatrial.checks.complexity import Item
    from seatrial.cluster.snapshot import Snapshot

_COLUMNS = (
    *("THING", "PARTS", "DEFINITIONS", "WEBHOOKS", "CONTROLLERS", "UPDATES", "FINDINGS"),
    *("OBJECTS", "CLUSTERS"),
)


@click.command(cls=Command)
@option("--context", multiple=True, help="The kubeconfig context to look at; repeat for several clusters.")
@option("--kubeconfig", type=PATH, help="The kubeconfig file to use.")
@option(
    "--snapshot", type=PATH, multiple=True, help="A file made by `seatrial snapshot`; repeat for several."
)
@option("--fleet", type=PATH, metavar="FILE", help="A fleet file: look at all its clusters.")
@output_format
def complexity(
    context: tuple[str, ...],
    kubeconfig: Path | None,
    snapshot: tuple[Path, ...],
    fleet: Path | None,
    output: OutputFormat,
) -> int:
    """Print the bill: what each exotic thing brought to this cluster or fleet, the largest first.

    Codes: 0, 3 when a cluster or something in it could not be read, 4.
    """
    if snapshot and (context or kubeconfig or fleet):
        raise BadInput("--snapshot and live clusters exclude each other.", next_step="Name either.")
    if fleet and context:
        raise BadInput("--fleet names the clusters.", next_step="Leave out --context, or --fleet.")
    from seatrial.checks.complexity import add_up

    bills, gaps = _bills(context, kubeconfig, snapshot, fleet)
    items = add_up(bills)
    if output is OutputFormat.TABLE:
        _print(items, len(bills), gaps)
    else:
        _print_data(items, len(bills), gaps, output)
    return ExitCode.INCOMPLETE if gaps else ExitCode.CLEAN


def _bills(
    contexts: Sequence[str], kubeconfig: Path | None, snapshots: Sequence[Path], fleet: Path | None
) -> tuple[list[tuple[Item, ...]], list[str]]:
    """A bill for each cluster that could be read, and what could not be."""
    from seatrial.checks.complexity import READS
    from seatrial.checks.registry import kinds_to_read
    from seatrial.cli.source import read_source
    from seatrial.cluster.objects import EVERY_CUSTOM_KIND

    if fleet is not None:
        from seatrial.fleet.load import read_fleet

        contexts = [each.context or each.name for each in read_fleet(fleet).clusters]
    kinds = kinds_to_read() | {EVERY_CUSTOM_KIND} | {each.group_kind() for each in READS}
    sources: list[tuple[str, Path | None]] = [("", each) for each in snapshots]
    sources = sources or [(each, None) for each in contexts or [""]]
    bills: list[tuple[Item, ...]] = []
    gaps: list[str] = []
    for name, file in sources:
        try:
            read = read_source(kubeconfig=kubeconfig, context=name, snapshot=file, kinds=kinds)
        except SeatrialError as error:
            if len(sources) == 1:
                raise
            gaps.append(f"{name or file}: {error.what}")
            continue
        bills.append(_bill(read))
        gaps += [
            f"{read.meta.cluster}: {each.gvr}: {each.message}"
            for each in read.unread
            if each.reason.value != "not-served"
        ]
    return bills, gaps


def _bill(snapshot: Snapshot) -> tuple[Item, ...]:
    from seatrial.checks.complexity import bill
    from seatrial.checks.run import check_snapshot

    return bill(snapshot, check_snapshot(snapshot, snapshot.meta.minor.plus(1)).findings)


def _print(items: tuple[Item, ...], clusters: int, gaps: list[str]) -> None:
    from seatrial.checks.wording import counted

    if items:
        print_table(_COLUMNS, map(_row, items))
    for gap in gaps:
        print_line((f"{icon(Tone.UNKNOWN)} INCOMPLETE", Tone.UNKNOWN), f"  {gap}")
    unused = sum(each.is_unused for each in items)
    print_line(
        f"{counted(len(items), 'exotic thing')} in {counted(clusters, 'cluster')},"
        f" {counted(sum(each.parts for each in items), 'part')} to follow;"
        f" {unused} of them unused."
    )


def _row(item: Item) -> tuple[str, ...]:
    used = "none: unused" if item.is_unused else str(item.objects)
    counts = (item.parts, item.definitions, item.webhooks, item.controllers, item.updates, item.findings)
    return item.name, *map(str, counts), used, str(item.clusters)


def _print_data(items: tuple[Item, ...], clusters: int, gaps: list[str], output: OutputFormat) -> None:
    from msgspec.structs import asdict

    print_data(
        {
            "format": 1,
            "kind": "SeatrialComplexity",
            "clusters": clusters,
            "items": [{**asdict(each), "parts": each.parts, "unused": each.is_unused} for each in items],
            "incomplete": gaps,
        },
        output,
    )
