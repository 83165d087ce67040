"""A rollout's charts, carried through the database to workers on other machines.

Values files are not: they may hold secrets. Each worker needs them at the paths of the fleet file, and
their digests are compared before a cluster is started.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath

from seatrial.errors import BadFormat, BadInput
from seatrial.private_folder import make_private
from seatrial.rollout.document import Rollout, RolloutCluster
from seatrial.rollout_runs.inputs import digest_of
from seatrial.store import Store

MAX_BYTES = 64 * 1024 * 1024
"""Of one chart, unpacked: beyond any chart that can be installed (a release must fit into a Secret)."""


async def share_charts(store: Store, rollout: Rollout, folder: Path) -> None:
    """Keep the frozen charts in the state."""
    for path, digest in sorted({pair for each in rollout.clusters for pair in _charts(each)}):
        await store.save_input(digest, _packed(folder / path))


async def fetch_charts(store: Store, cluster: RolloutCluster, folder: Path) -> None:
    """Put the cluster's charts where `freeze_inputs` would; raise `BadFormat` for one that was altered."""
    for path, digest in _charts(cluster):
        if not (folder / path).exists():
            _unpack(await store.input(digest), folder / path, digest)


def _charts(cluster: RolloutCluster) -> list[tuple[str, str]]:
    """Frozen charts are named relative to the folder of inputs; values files are not."""
    return [
        (path, digest) for path, digest in cluster.inputs.items() if not PurePosixPath(path).is_absolute()
    ]


def _packed(chart: Path) -> bytes:
    def without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", dereference=True) as archive:
        archive.add(chart, arcname=chart.name, filter=without_owner)
    if len(out.getvalue()) > MAX_BYTES:
        raise BadInput("this chart is too large to share.", where=str(chart))
    return out.getvalue()


def _unpack(content: bytes, chart: Path, digest: str) -> None:
    """Whole or not at all: into a draft, checked, then renamed."""
    draft = chart.parent.with_name(f".{chart.parent.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    make_private(draft)
    try:
        _extract(content, draft, str(chart))
        try:
            found = digest_of(draft / chart.name)
        except BadInput:
            found = ""
        if found != digest:
            raise BadFormat(
                "the stored chart is not the one that was approved.",
                where=str(chart),
                next_step="Restore the state from a backup, or start a new rollout.",
            )
        try:
            draft.rename(chart.parent)
        except OSError:
            if not chart.exists():
                raise  # else another job of this worker was faster
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _extract(content: bytes, folder: Path, where: str) -> None:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            total = 0
            for member in archive:
                total += member.size
                if total > MAX_BYTES or not (member.isfile() or member.isdir()):
                    raise BadFormat("the stored chart is not one that Seatrial packed.", where=where)
                archive.extract(member, folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BadFormat(f"the stored chart cannot be unpacked: {error}.", where=where) from None
