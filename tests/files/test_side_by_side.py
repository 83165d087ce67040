"""Reading on several processors gives what reading on one gives, whatever happens to the others."""

import os
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
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    counted, others = threading.active_count, threading.active_count() - 1
    monkeypatch.setattr(threading, "active_count", lambda: counted() - others)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = [tmp_path / f"{number}.yaml" for number in range(11)]
    for number, file in enumerate(found):
        broken = "a: [" if number == 5 else ""
        file.write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: n{number}}}\n---\n{broken}")
    return found


def read(file: Path) -> Manifests:
    return parse_manifests(file.read_text(), str(file))


def test_every_file_is_read_once_and_in_its_place(files: list[Path]) -> None:
    assert read_side_by_side(files, read) == [read(file) for file in files]


def test_what_a_child_cannot_hand_back_is_read_here(files: list[Path]) -> None:
    files[7].write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\nhuge: 123456789012345678901234"
    )
    assert read_side_by_side(files, read) == [read(file) for file in files]


def test_share_of_a_child_that_dies_is_read_here(files: list[Path]) -> None:
    def deadly(file: Path) -> Manifests:
        if os.getpid() != PARENT:
            os.kill(os.getpid(), 9)
        return read(file)

    assert read_side_by_side(files, deadly) == [read(file) for file in files]


def test_an_error_here_leaves_no_child_behind(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    fork, children = os.fork, []

    def noted() -> int:
        pid = fork()
        children.append(pid)
        return pid

    def failing(file: Path) -> Manifests:
        if os.getpid() == PARENT:
            raise RuntimeError
        return read(file)

    monkeypatch.setattr(os, "fork", noted)
    with pytest.raises(RuntimeError):
        read_side_by_side(files, failing)
    assert children
    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_nothing_is_forked_beside_another_thread(files: list[Path]) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    seen: set[int] = set()

    def noting(file: Path) -> Manifests:
        seen.add(os.getpid())
        return read(file)

    try:
        assert len(read_side_by_side(files, noting)) == len(files)
    finally:
        done.set()
        thread.join()
    assert seen == {PARENT}
