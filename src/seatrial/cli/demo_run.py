"""Runs the demo under its clock, and leaves behind what was asked for and nothing else."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seatrial.cli.demo_narrator import TerminalNarrator
from seatrial.cli.output import print_line
from seatrial.clock import SimulatedClock
from seatrial.demo.files import DemoFiles, lay_out
from seatrial.demo.helm_calls import HelmCalls, counting
from seatrial.demo.story import BEGINNING, Story


def run_demo(folder: Path | None, *, keep: bool) -> None:
    with _folder(folder, keep=keep) as files, counting() as calls, TerminalNarrator() as narrator:
        clock = SimulatedClock(BEGINNING)
        try:
            clock.run(_tell(files, clock, calls, narrator, keep=keep, stays=keep or folder is not None))
        except KeyboardInterrupt:
            narrator.close()
            stays = f"{files.folder} holds what was there by then." if folder else "No file is left."
            print_line("")
            print_line(f"Stopped. The clusters lived in this process and are gone. {stays}")
            raise


async def _tell(
    files: DemoFiles,
    clock: SimulatedClock,
    calls: HelmCalls,
    narrator: TerminalNarrator,
    *,
    keep: bool,
    stays: bool,
) -> None:
    story = Story(files, clock, os.environ, narrator, calls)
    try:
        await story.tell()
        print_line(f"Report   {files.report}")
        print_line(f"Journal  {files.state if stays else 'gone with the demo; --dir FOLDER keeps it'}")
        if keep:
            await _keep(files, clock)
    finally:
        if story.world is not None:
            await story.world.stop()
        files.kubeconfig.unlink(missing_ok=True)  # its tokens opened nothing but these clusters


async def _keep(files: DemoFiles, clock: SimulatedClock) -> None:
    """Serve until somebody says that it is enough: that is how this ends well."""
    clock.set_pace(1.0)
    print_line("")
    print_line("The fleet goes on, at the wall's pace. From another terminal:")
    kubeconfig = f"--kubeconfig {files.kubeconfig}"
    print_line(f"  kubectl {kubeconfig} --context acme-prod get nodes,pods --all-namespaces")
    print_line(f"  helm {kubeconfig} --kube-context acme-prod list --all-namespaces")
    print_line(f"  seatrial check {kubeconfig} --context acme-prod")
    print_line(f"  seatrial rollout list --state {files.state}")
    print_line("Ctrl-C ends it.")
    sys.stdout.flush()
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, enough.set)
    await enough.wait()
    print_line("The fleet is gone.")


@contextmanager
def _folder(folder: Path | None, *, keep: bool) -> Iterator[DemoFiles]:
    """The folder that was named, or a new one of which only the report stays."""
    if folder is not None:
        files = lay_out(folder.absolute())
        try:
            yield files
        finally:
            shutil.rmtree(files.scratch, ignore_errors=True)
        return
    made = Path(tempfile.mkdtemp(prefix="seatrial-demo-"))  # mode 0700
    try:
        files = lay_out(made)
        yield files
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    for each in made.iterdir():
        if each != files.report and not keep:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    with suppress(OSError):
        made.rmdir()  # where no report was written
