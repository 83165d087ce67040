"""Handoffs in a real Git repository: no checkout is touched, and nothing is done twice."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from tests.plan.builders import T0, plan, step

from seatrial.clock import WallClock
from seatrial.errors import BadInput, Conflict, NotFound, TemporaryError
from seatrial.handoffs import WrittenHandoffs
from seatrial.plan import Handoff, Ownership, Step, UpgradeControlPlane

FILE = "clusters/test-1.tfvars.json"
BRANCH = "seatrial/run-1/control-plane"


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    path = tmp_path / "infra"
    (path / "clusters").mkdir(parents=True)
    git(tmp_path, "init", "-q", "-b", "main", str(path))
    git(path, "config", "user.name", "Ann")
    git(path, "config", "user.email", "ann@example.com")
    (path / FILE).write_text('{"cluster_version": "1.33", "size": 3}\n')
    (path / "README").write_text("hello\n")
    git(path, "add", ".")
    git(path, "commit", "-qm", "Begin")
    return path


def handed_off(infra: Path, **changes: str) -> Step:
    fields = {
        "write": "branch",
        "repository": str(infra),
        "file": FILE,
        "variable": "cluster_version",
        "value": "1.34.2",
    }
    return step(
        "control-plane",
        UpgradeControlPlane(from_version="1.33.4", to_version="1.34.2"),
        ownership=Ownership.HANDOFF,
        owner="terraform",
        handoff=Handoff(**{**fields, **changes}),  # type: ignore[arg-type]
    )


def write(tmp_path: Path, handed: Step, run_id: str = "run-1") -> str:
    handoffs = WrittenHandoffs(tmp_path / "state", WallClock(), os.environ)
    handoff = handed.handoff if isinstance(handed.handoff, Handoff) else None
    return asyncio.run(handoffs.write(plan(handed), handed, handoff, run_id, T0))


def test_a_branch_with_one_commit_is_made_beside_what_is_checked_out(tmp_path: Path, infra: Path) -> None:
    (infra / "README").write_text("work in progress\n")
    git(infra, "checkout", "-qb", "mine")
    (infra / FILE).write_text("half edited")
    git(infra, "add", FILE)
    before = (git(infra, "status", "--porcelain"), git(infra, "rev-parse", "HEAD", "main"))
    said = write(tmp_path, handed_off(infra, base="main"))
    assert said.startswith(f"merge and apply branch {BRANCH} of {infra}; ")
    assert (git(infra, "status", "--porcelain"), git(infra, "rev-parse", "HEAD", "main")) == before
    assert git(infra, "branch", "--show-current") == "mine"
    assert git(infra, "diff", "--stat=80", f"main..{BRANCH}").strip().splitlines()[-1].strip() == (
        "1 file changed, 1 insertion(+), 1 deletion(-)"
    )
    assert git(infra, "show", f"{BRANCH}:{FILE}") == '{"cluster_version": "1.34", "size": 3}'
    assert git(infra, "log", "-1", "--format=%an|%cn|%at|%s", BRANCH) == (
        f"ann|Seatrial|{int(T0.timestamp())}|test-1: control-plane"
    )
    assert "Seatrial-Step: run-1/control-plane" in git(infra, "log", "-1", "--format=%B", BRANCH)
    kept = tmp_path / "state/run-1"
    assert sorted(path.name for path in kept.iterdir()) == ["control-plane.md", "control-plane.patch"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.iterdir())


def test_written_twice_it_is_the_same_commit_also_after_main_moved(tmp_path: Path, infra: Path) -> None:
    first = write(tmp_path, handed_off(infra))
    tip = git(infra, "rev-parse", BRANCH)
    (infra / "README").write_text("more\n")
    git(infra, "commit", "-qam", "More")
    assert write(tmp_path, handed_off(infra)) == first
    assert git(infra, "rev-parse", BRANCH) == tip
    assert git(infra, "branch", "--format=%(refname:short)").split() == ["main", BRANCH]


def test_a_crash_between_object_and_branch_leads_to_the_very_commit(tmp_path: Path, infra: Path) -> None:
    write(tmp_path, handed_off(infra))
    tip = git(infra, "rev-parse", BRANCH)
    git(infra, "branch", "-D", BRANCH)
    write(tmp_path, handed_off(infra))
    assert git(infra, "rev-parse", BRANCH) == tip


def test_what_the_base_says_already_is_only_to_be_applied(tmp_path: Path, infra: Path) -> None:
    write(tmp_path, handed_off(infra))
    git(infra, "merge", "-q", BRANCH)
    git(infra, "branch", "-D", BRANCH)
    said = write(tmp_path, handed_off(infra))
    assert said == f"apply what {FILE} of the checked-out branch says already: cluster_version is 1.34."
    assert git(infra, "branch", "--format=%(refname:short)") == "main"


def test_somebody_elses_branch_of_that_name_is_left_alone(tmp_path: Path, infra: Path) -> None:
    git(infra, "branch", BRANCH)
    with pytest.raises(Conflict, match="exists and is not ours"):
        write(tmp_path, handed_off(infra))
    assert git(infra, "rev-parse", BRANCH) == git(infra, "rev-parse", "main")


def test_the_branch_is_pushed_only_where_the_file_says_so(tmp_path: Path, infra: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(remote))
    git(infra, "remote", "add", "origin", str(remote))
    write(tmp_path, handed_off(infra))
    assert git(remote, "branch") == ""
    said = write(tmp_path, handed_off(infra, push="origin"))
    assert f"branch {BRANCH} of {infra}, pushed to origin" in said
    assert git(remote, "rev-parse", BRANCH) == git(infra, "rev-parse", BRANCH)


def test_an_unreachable_remote_is_tried_again_and_nothing_is_lost(tmp_path: Path, infra: Path) -> None:
    git(infra, "remote", "add", "origin", f"file://ann:secret@localhost{tmp_path}/gone.git")
    with pytest.raises(TemporaryError, match="could not be pushed to origin") as caught:
        write(tmp_path, handed_off(infra, push="origin"))
    assert "secret" not in str(caught.value)
    assert git(infra, "show", f"{BRANCH}:{FILE}") == '{"cluster_version": "1.34", "size": 3}'


def test_hooks_and_git_variables_of_the_environment_have_no_say(
    tmp_path: Path, infra: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = infra / ".git/hooks/reference-transaction"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    write(tmp_path, handed_off(infra))
    monkeypatch.delenv("GIT_DIR")
    assert BRANCH in git(infra, "branch", "--format=%(refname:short)").split()


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"repository": "/nowhere"}, NotFound, "there is no such folder"),
        ({"file": "clusters/other.json"}, NotFound, "is not a file in commit"),
        ({"file": "clusters"}, NotFound, "is not a file in commit"),
        ({"base": "trunk"}, BadInput, "there is no branch 'trunk'"),
        ({"variable": "version"}, BadInput, "there is no variable version"),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, infra: Path, changes: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        write(tmp_path, handed_off(infra, **changes))
    assert git(infra, "branch", "--format=%(refname:short)") == "main"


def test_a_patch_makes_the_change_when_it_is_applied(tmp_path: Path, infra: Path) -> None:
    file = infra / FILE
    file.write_bytes(b'{"cluster_version": "1.33"}\r\n')
    said = write(tmp_path, handed_off(infra, write="patch", repository="", file=str(file)))
    kept = tmp_path / "state/run-1/control-plane.patch"
    assert said.startswith(f"apply the patch {kept} and what it changes; ")
    assert file.read_bytes() == b'{"cluster_version": "1.33"}\r\n'
    subprocess.run(["git", "apply", "--unsafe-paths", "--directory=/", "-p1", str(kept)], check=True, cwd="/")
    assert file.read_bytes() == b'{"cluster_version": "1.34"}\r\n'


def test_a_plain_file_is_changed_in_place_once(tmp_path: Path, infra: Path) -> None:
    file = infra / FILE
    file.chmod(0o640)
    for _ in range(2):
        said = write(tmp_path, handed_off(infra, write="file", repository="", file=str(file)))
        assert said == f"apply {file}, in which cluster_version is 1.34 now."
    assert file.read_text() == '{"cluster_version": "1.34", "size": 3}\n'
    assert file.stat().st_mode & 0o777 == 0o640


def test_without_a_place_there_are_words_for_a_pull_request(tmp_path: Path, infra: Path) -> None:
    handed = step(
        "control-plane",
        UpgradeControlPlane(from_version="1.33.4", to_version="1.34.2"),
        ownership=Ownership.HANDOFF,
        owner="terraform",
    )
    said = write(tmp_path, handed)
    kept = tmp_path / "state/run-1/control-plane.md"
    assert said == f"control-plane; the words for it are in {kept}."
    assert "This change is terraform's to make." in kept.read_text()
