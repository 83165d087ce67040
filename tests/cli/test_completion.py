"""Completion by the shell: what it answers, and that it is installed where the shell looks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.cli.main import run
from seatrial.errors import ExitCode

BASH = shutil.which("bash")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(BASH is None, reason="no bash here")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (("rol",), "rollout"),
        (("check", "--fail-on", "bl"), "blocker"),
        (("check", "--write"), "--write-baseline"),
        (("rollout", "app"), "approve"),
    ],
)
def test_bash_completes_commands_options_and_values(words: tuple[str, ...], completed: str) -> None:
    line = " ".join(("seatrial", *words))
    script = (
        f'eval "$(seatrial --show-completion bash)"\nCOMP_WORDS=({line})\nCOMP_CWORD={len(words)}\n'
        '_seatrial_completion seatrial\necho "${COMPREPLY[*]}"'
    )
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run([str(BASH), "-c", script], capture_output=True, text=True, env=env, check=False)
    assert (done.stdout, done.stderr) == (f"{completed}\n", "")


@pytest.mark.parametrize(
    ("shell", "written"),
    [
        ("bash", {".bashrc", ".bash_completions/seatrial.sh"}),
        ("zsh", {".zshrc", ".zfunc/_seatrial"}),
        ("fish", {".config/fish/completions/seatrial.fish"}),
    ],
)
def test_it_is_installed_for_the_shell_of_the_user_and_once(
    shell: str, written: set[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    for file in (".bashrc", ".zshrc"):
        if file in written:
            (home / file).write_text("alias k=kubectl")
    assert run(["--install-completion"]) == 0
    once = _files(home)
    assert run(["--install-completion"]) == 0
    assert _files(home) == once
    assert set(once) == written
    assert all(text.startswith("alias k=kubectl\n") for name, text in once.items() if name.endswith("rc"))


def _files(folder: Path) -> dict[str, str]:
    return {str(each.relative_to(folder)): each.read_text() for each in folder.rglob("*") if each.is_file()}


def test_a_shell_can_be_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--show-completion", "zsh"]) == 0
    assert capsys.readouterr().out.startswith("#compdef seatrial")
    assert _files(home) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--install-completion", "powershell"], "seatrial --show-completion powershell >> $PROFILE"),
        (["--install-completion", "tcsh"], "there is no completion for 'tcsh'."),
        (["--show-completion"], "SHELL does not say which shell you use."),
    ],
)
def test_a_shell_that_is_not_served_is_told_what_to_do(
    arguments: list[str],
    said: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("SHELL", raising=False)
    assert run(arguments) == ExitCode.COULD_NOT_RUN
    assert said in capsys.readouterr().err
    assert _files(home) == {}
