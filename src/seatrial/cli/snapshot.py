"""`seatrial snapshot`: a portable, secret-free archive of a cluster's state; `snapshot inspect` shows one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatrial.cli import options
from seatrial.cli.options import PATH, Group, flag, option, output_format
from seatrial.cli.output import OutputFormat, refuse_format
from seatrial.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from seatrial.cluster.snapshot import Snapshot


@click.group(
    cls=Group,
    invoke_without_command=True,
    help="Write a cluster's state into one file without secrets; inspect such a file.",
)
@option(
    *("-o", "--out", "file"),
    type=PATH,
    metavar="FILE",
    help="File to write; CLUSTER.seatrial when not given.",
)
@option("--context", default="", help="kubeconfig context; the current one when not given.")
@option("--kubeconfig", type=PATH, help="kubeconfig file; KUBECONFIG or ~/.kube/config when not given.")
@options.provider_data
@flag("--force", help="Replace the file if it exists.")
@click.pass_context
def snapshot(
    ctx: click.Context,
    file: Path | None,
    context: str,
    kubeconfig: Path | None,
    provider_data: tuple[Path, ...],
    force: bool,
) -> int:
    """Read everything that may be read, replace secrets by tokens, write one file."""
    if ctx.invoked_subcommand is not None:
        return ExitCode.CLEAN
    from seatrial.capture.archive import save
    from seatrial.capture.redact import portable
    from seatrial.cli.output import harmless
    from seatrial.cli.source import read_source

    if file is not None:
        refuse_format(file)
        _refuse_existing(file, force)  # before a large cluster is read in vain
    taken = read_source(kubeconfig=kubeconfig, context=context, snapshot=None, provider_data=provider_data)
    path = file or Path(f"{_file_name(taken.meta.cluster)}.seatrial")
    _refuse_existing(path, force)
    size = save(portable(taken), path)
    click.echo(
        f"{path}: {taken.count} objects of {len(taken.resources)} kinds, {size / 1024:.0f} KiB, no secrets."
    )
    missing = _unread_lines(taken)
    for line in missing:
        click.echo(harmless(f"  not read: {line}"), err=True)
    if missing:
        return ExitCode.INCOMPLETE
    return ExitCode.CLEAN


def _refuse_existing(path: Path, force: bool) -> None:
    if path.is_dir():
        raise BadInput("this is a folder.", where=str(path), next_step="Name a file in it with -o.")
    if path.exists() and not force:
        raise BadInput(
            "this file exists.", where=str(path), next_step="Name another with -o, or say --force."
        )


@snapshot.command()
@click.argument("file", type=PATH, metavar="FILE", help="A snapshot file.")
@output_format
@flag("--objects", help="Name every object, not only counts.")
def inspect(file: Path, output: OutputFormat, objects: bool) -> None:
    """Show what is in a snapshot file: kinds, objects, what was not read; it holds no secrets to show."""
    from seatrial.capture.archive import load
    from seatrial.cli.output import print_data, print_line, print_table

    loaded = load(file)
    if output is not OutputFormat.TABLE:
        print_data(_as_data(loaded, objects), output)
        return
    meta = loaded.meta
    print_line(f"Cluster   {meta.cluster} (uid {meta.uid or 'unknown'})")
    print_line(f"Version   {meta.server_version}")
    print_line(f"Captured  {meta.captured_at:%Y-%m-%d %H:%M:%S} UTC (format {meta.format})")
    if loaded.provider is not None:
        groups = ", ".join(f"{g.name} ×{g.size} {g.version}" for g in loaded.provider.node_groups)
        print_line(
            f"Provider  {loaded.provider.kind} {loaded.provider.version}; node groups: {groups or 'none'}"
        )
    if loaded.releases:
        current = {record.key: record for record in loaded.releases}
        charts = ", ".join(
            f"{r.namespace}/{r.name} {r.chart.name}-{r.chart.version}" for r in current.values()
        )
        print_line(f"Releases  {charts}")
    print_line("")
    filled = [each for each in loaded.resources if each.items]
    print_table(
        ("KIND", "VERSION", "OBJECTS"),
        [(str(each.group_kind), each.gvr.api_version, str(len(each.items))) for each in filled],
    )
    if objects:
        print_line("")
        for each in filled:
            for one in loaded.metadata(each):
                name = f"{one.namespace}/{one.name}" if one.namespace else one.name
                print_line(f"{each.kind} {name}")
    for line in _unread_lines(loaded):
        print_line(f"not read: {line}")


def _unread_lines(snapshot: Snapshot) -> list[str]:
    from seatrial.cluster.snapshot import UnreadReason

    return [
        f"{each.gvr} ({each.reason.value}){f': {each.message}' if each.message else ''}"
        for each in snapshot.unread
        if each.reason is not UnreadReason.NOT_SERVED
    ]


def _as_data(snapshot: Snapshot, objects: bool) -> dict[str, Any]:
    import msgspec

    return {
        "version": 1,
        "meta": msgspec.to_builtins(snapshot.meta),
        "provider": msgspec.to_builtins(snapshot.provider),
        "kinds": [
            {
                "kind": each.kind,
                "apiVersion": each.gvr.api_version,
                "count": len(each.items),
                **(
                    {"objects": [f"{m.namespace}/{m.name}".lstrip("/") for m in snapshot.metadata(each)]}
                    if objects
                    else {}
                ),
            }
            for each in snapshot.resources
        ],
        "releases": [
            {
                "name": r.name,
                "namespace": r.namespace,
                "revision": r.revision,
                "status": r.status.value,
                "chart": f"{r.chart.name}-{r.chart.version}",
            }
            for r in snapshot.releases
        ],
        "unread": [
            {"resource": str(each.gvr), "reason": each.reason.value, "message": each.message}
            for each in snapshot.unread
        ],
    }


def _file_name(cluster: str) -> str:
    """A context's name may be an ARN: keep what a file name can hold."""
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in cluster.rpartition("/")[2])
    return kept.strip("-.") or "cluster"
