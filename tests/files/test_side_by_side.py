"""Reading on several processors gives what reading on one gives, whatever happens to the others."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from seatrial.cluster.manifests import Manifests, parse_manifests
from seatrial.files import side_by_side
from seatrial.files.side_by_side import read_side_by_side

PARENT = os.getpid()


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no threads that other tests have left running."""
    monkeypatch.setattr(side_by_side, "_EACH", 2)
    monkeypatch.setattr(side_by_side, "_TURN", 3)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    counted, others = threading.active_count, threading.active_count() - 1
    monkeypatch.setattr(threading, "active_count", lambda: counted() - others)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    found = [tmp_path / f"{number}.yaml" for number in range(11)]
    for number, file in enumerate(found):
        broken = "a: [" if number == 5 else ""
        file.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: n{number}}}\n---\n{broken}")
    return list(map(str, found))


def read(file: str) -> Manifests:
    return parse_manifests(Path(file).read_text(), file)


def child_has_ended() -> None:
    """Leaves this process no turn but those that the child did not take."""
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)


def test_every_file_is_read_once_and_in_its_place(files: list[str]) -> None:
    assert read_side_by_side(files, read) == [read(file) for file in files]


def test_children_read_while_this_process_does_something_else(files: list[str]) -> None:
    seen: list[int] = []

    def here(file: str) -> Manifests:
        if os.getpid() == PARENT:
            seen.append(1)
        return read(file)

    assert read_side_by_side(files, here, child_has_ended) == [read(file) for file in files]
    assert not seen


def test_what_a_child_cannot_hand_back_is_read_here(files: list[str]) -> None:
    files[7] = str(Path(files[7]).rename(os.fsdecode(os.fsencode(files[7]) + b"\xff")))  # no UTF-8
    assert read_side_by_side(files, read, child_has_ended) == [read(file) for file in files]


def test_share_of_a_child_that_dies_is_read_here(files: list[str]) -> None:
    def deadly(file: str) -> Manifests:
        if os.getpid() != PARENT:
            os.kill(os.getpid(), 9)
        return read(file)

    assert read_side_by_side(files, deadly, child_has_ended) == [read(file) for file in files]


def test_an_error_here_leaves_no_child_behind(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fork, children = os.fork, []

    def noted() -> int:
        pid = fork()
        children.append(pid)
        return pid

    def failing() -> None:
        raise RuntimeError

    monkeypatch.setattr(os, "fork", noted)
    with pytest.raises(RuntimeError):
        read_side_by_side(files, read, failing)
    assert children
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_files_are_read_here_where_no_process_more_is_allowed(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    opened = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(os, "fork", refused)
    assert read_side_by_side(files, read) == [read(file) for file in files]
    assert len(list(Path("/proc/self/fd").iterdir())) == opened


def test_200_000_files_are_read_through_the_smallest_of_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which a user gets who has many open."""
    pipe = os.pipe

    def small() -> tuple[int, int]:
        ends = pipe()
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, 4096)
        return ends

    monkeypatch.setattr(os, "pipe", small)
    files = [str(number) for number in range(200_000)]
    found = read_side_by_side(files, lambda file: Manifests(files=int(file)))
    assert [each.files for each in found] == list(range(200_000))


PARENT_THAT_DIES = """
import os, signal, sys
from seatrial.cluster.manifests import Manifests, ManifestProblem
from seatrial.files import side_by_side

def read(file):
    return Manifests(problems=(ManifestProblem(file=file, what="x" * 4000),))

def die():
    os.kill(os.getpid(), int(sys.argv[1]))

os.sched_getaffinity = lambda _: {0, 1}
side_by_side.read_side_by_side([str(number) for number in range(2000)], read, die)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_child_outlives_this_process(number: signal.Signals) -> None:
    ran = subprocess.run(  # returns once nobody holds its output open, so when the child is gone, too
        [sys.executable, "-c", PARENT_THAT_DIES, str(int(number))],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == -number


def test_nothing_is_forked_beside_another_thread(files: list[str]) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    seen: set[int] = set()

    def noting(file: str) -> Manifests:
        seen.add(os.getpid())
        return read(file)

    try:
        assert len(read_side_by_side(files, noting)) == len(files)
    finally:
        done.set()
        thread.join()
    assert seen == {PARENT}
