"""Files of a Git reference, by the real Git; what is checked out does not matter and is not touched."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.files.test_finding import laid_out

from seatrial.cluster.manifests import Manifests
from seatrial.errors import SeatrialError
from seatrial.files.git_ref import exported

pytestmark = pytest.mark.journey

HERE = (Path(),)
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: the tag `old` has app/a.yaml, the branch main has app/b.yaml instead."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    laid_out(root, {"app/a.yaml": "old: 1\n", "base/x.yaml": "x: ä\n", "ü b.yaml": "u: 1\n"})
    (root / "app/link.yaml").symlink_to("../base/x.yaml")
    (root / "app/out.yaml").symlink_to("../../../secret")
    (root / "app/absolute.yaml").symlink_to("/etc/passwd")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "one")
    git(root, "tag", "-a", "old", "-m", "old")
    (root / "app/a.yaml").unlink()
    laid_out(root, {"app/b.yaml": "new: 1\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "two")
    return root


def files(root: Path) -> dict[str, str]:
    return {
        str(each.relative_to(root)): each.read_text() for each in sorted(root.rglob("*")) if each.is_file()
    }


def test_the_files_are_those_of_the_reference(repository: Path) -> None:
    (repository / "app/b.yaml").write_text("changed\n")
    before = git(repository, "status", "--porcelain")
    with exported("old", repository, ENVIRONMENT, HERE) as tree:
        assert files(tree.root) == {
            "app/a.yaml": "old: 1\n",
            "app/link.yaml": "x: ä\n",
            "base/x.yaml": "x: ä\n",
            "ü b.yaml": "u: 1\n",
        }
        root = tree.root
    assert not root.exists()
    assert git(repository, "status", "--porcelain") == before
    assert (repository / "app/b.yaml").read_text() == "changed\n"


def test_paths_are_relative_to_the_working_directory(repository: Path) -> None:
    with exported("main", repository / "app", ENVIRONMENT, [Path("b.yaml"), Path("../base")]) as tree:
        assert tree.of(Path("b.yaml")).read_text() == "new: 1\n"
        assert tree.of(Path("../base")) == tree.root / "base"
        for outside in ("../../x", "/etc", str(repository)):
            with pytest.raises(SeatrialError, match="inside its repository"):
                tree.of(Path(outside))
        with pytest.raises(SeatrialError, match="no such file or folder in commit"):
            tree.of(Path("a.yaml"))


def test_only_what_is_named_is_written_and_what_it_builds_on(repository: Path) -> None:
    laid_out(
        repository,
        {
            "prod/kustomization.yaml": "resources: [../shared/one, ../loose/web.yaml]\n",
            "shared/one/kustomization.yaml": (
                "configMapGenerator: [{name: c, files: [key=../two/settings.ini]}]\n"
            ),
            "shared/two/settings.ini": "a=b\n",
            "shared/three/other.yaml": "x: 1\n",
            "loose/web.yaml": "x: 1\n",
        },
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "three")
    with exported("HEAD", repository, ENVIRONMENT, [Path("prod"), Path("app/link.yaml")]) as tree:
        assert sorted(files(tree.root)) == [
            "app/link.yaml",
            "base/x.yaml",
            "loose/web.yaml",
            "prod/kustomization.yaml",
            "shared/one/kustomization.yaml",
            "shared/two/settings.ini",
        ]


@pytest.mark.parametrize("reference", ["HEAD", "HEAD~1", "old", "main", "refs/heads/main"])
def test_whatever_git_calls_a_commit_will_do(reference: str, repository: Path) -> None:
    with exported(reference, repository, ENVIRONMENT, HERE) as tree:
        assert tree.commit == git(repository, "rev-parse", f"{reference}^{{commit}}").strip()


@pytest.mark.parametrize("reference", ["nope", "-h", "--all", "", "main:app", "HEAD^{tree}", "a\0b"])
def test_unknown_reference_is_refused(reference: str, repository: Path) -> None:
    with (
        pytest.raises(SeatrialError, match="there is no commit") as refused,
        exported(reference, repository, ENVIRONMENT, HERE),
    ):
        pass
    assert refused.value.next_step == "See git branch --all and git tag."


def test_shallow_clone_is_said_to_be_one(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    with (
        pytest.raises(SeatrialError, match="shallow clone") as refused,
        exported("HEAD~1", tmp_path / "shallow", ENVIRONMENT, HERE),
    ):
        pass
    assert refused.value.next_step == "Fetch it: git fetch --unshallow."


def test_partial_clone_says_what_it_does_not_hold(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    clone = ("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository}", "partial")
    git(tmp_path, *clone)
    with exported("HEAD", tmp_path / "partial", ENVIRONMENT, HERE) as tree:
        read = tree.as_named(Manifests(), [tree.of(Path("app"))])
        assert [(each.file, each.what) for each in read.problems if "b.yaml" in each.file] == [
            ("app/b.yaml", "this file was not checked: this clone, a partial one, does not hold it.")
        ]


def test_folder_outside_of_a_repository_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(SeatrialError, match="Git finds no repository here"),
        exported("HEAD", tmp_path, {**ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}, HERE),
    ):
        pass


def test_missing_git_is_said(repository: Path) -> None:
    with (
        pytest.raises(SeatrialError, match="no git was found"),
        exported("HEAD", repository, {"PATH": ""}, HERE),
    ):
        pass


def test_bare_repository_will_do(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    with exported("old", tmp_path / "bare", ENVIRONMENT, HERE) as tree:
        assert (tree.folder / "app/a.yaml").read_text() == "old: 1\n"


def test_folder_that_the_reference_has_not_is_refused(repository: Path) -> None:
    (repository / "later").mkdir()
    with (
        pytest.raises(SeatrialError, match="this folder does not exist in commit"),
        exported("old", repository / "later", ENVIRONMENT, HERE),
    ):
        pass
