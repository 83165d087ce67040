"""A snapshot or plan that somebody else made: it can be wrong, but not steer a terminal or this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.plan.builders import plan, step
from tests.rehearsal.worlds import a_cluster, an_app

from seatrial.capture.archive import save
from seatrial.capture.redact import portable
from seatrial.cli.apply_progress import ProgressLines
from seatrial.cli.apply_run import ApplyRequest, say_end
from seatrial.cli.main import run
from seatrial.cluster.snapshot import Snapshot
from seatrial.plan import Done, Preflight, Stuck, write_plan

STEERING = "\x1b[2K\x1b]0;owned\x07\r"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return portable(a_cluster(an_app()))


def with_objects(snapshot: Snapshot, kind: str, *objects: bytes) -> Snapshot:
    """The same with other objects of one kind."""
    lists = (replace(each, items=objects) if each.kind == kind else each for each in snapshot.resources)
    return replace(snapshot, resources=tuple(lists))


def commands(path: Path) -> list[list[str]]:
    given = str(path)
    return [
        ["snapshot", "inspect", given, "--objects"],
        ["check", "--snapshot", given],
        ["rehearse", "--snapshot", given],
    ]


def test_names_that_would_steer_a_terminal_are_printed_without_effect(
    snapshot: Snapshot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meta = msgspec.structs.replace(snapshot.meta, cluster=f"prod{STEERING}", server_version="v1.33.4")
    evil: Any = {"metadata": {"name": f"web{STEERING}", "namespace": f"default{STEERING}", "uid": "u"}}
    path = tmp_path / "evil.seatrial"
    save(with_objects(replace(snapshot, meta=meta), "Pod", json.dumps(evil).encode()), path)
    for command in commands(path):
        run(command)
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err, command
        assert "\r" not in said.out + said.err, command


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"metadata": ' + b'{"a":' * 200_000 + b"1" + b"}" * 200_001, b"\xff\xfe", b"", b"7"],
    ids=["deep list", "deep object", "binary", "empty", "number"],
)
def test_objects_that_are_none_end_in_one_clear_error(
    snapshot: Snapshot, tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes
) -> None:
    path = tmp_path / "evil.seatrial"
    save(with_objects(snapshot, "Pod", body), path)
    for command in commands(path):
        code = run(command)
        said = capsys.readouterr().err
        assert code in (3, 4), command
        assert "does not handle" not in said, command


def test_a_snapshot_named_like_a_path_writes_nothing_outside_the_folder(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta = msgspec.structs.replace(snapshot.meta, cluster="../../outside")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    save(replace(snapshot, meta=meta), inner / "evil.seatrial")
    monkeypatch.chdir(inner)
    run(["rehearse", "--snapshot", "evil.seatrial", "--svg", "drawing.svg"])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "drawing.svg", "evil.seatrial"]


def test_a_plan_cannot_hide_a_step_from_whoever_approves_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = plan(step(f"{STEERING}preflight", Preflight()), cluster="c1")
    (tmp_path / "plan.json").write_bytes(write_plan(evil))
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("contexts: []\n")
    run(["apply", str(tmp_path / "plan.json"), "--yes", "--kubeconfig", str(kubeconfig)])
    from seatrial.cli.plan_text import plan_lines

    shown = "\n".join(plan_lines(evil)) + "".join(capsys.readouterr())
    assert "preflight" in shown
    assert "\x1b" not in shown
    assert "\r" not in shown


@pytest.mark.parametrize(
    "end", [Done(True, ""), Done(False, f"given up{STEERING}"), Stuck(f"web{STEERING}", ())]
)
def test_how_a_run_ended_is_said_without_effect_on_the_terminal(
    end: Done | Stuck, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = msgspec.structs.replace(plan(step("look", Preflight())), cluster=f"prod{STEERING}")
    request = ApplyRequest(
        "evil.json", yes=True, retry=False, cancel=False, context="", kubeconfig=None, by=""
    )
    say_end(end, evil, request, ProgressLines(evil, print))
    assert "\x1b" not in (said := capsys.readouterr().out)
    assert said
