"""The command line itself: help at once, one clear message for whatever goes wrong, the right code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial import __version__
from seatrial.cli import main as cli
from seatrial.errors import BadInput, ExitCode, TemporaryError

HEAVY = (
    "aiohttp",
    "jsonschema_rs",
    "pydantic",
    "rich",
    "ruamel",
    "sqlalchemy",
    "trustme",
    "typer",
    "zstandard",
)
SEATRIAL = Path(sys.executable).with_name("seatrial")


@pytest.mark.parametrize("command", [(), *((name,) for name in cli.COMMANDS)])
def test_help_imports_nothing_heavy(command: tuple[str, ...]) -> None:
    done = _loading(*command, "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert done.stderr.splitlines()[-1] == "loaded: []"


def test_a_check_of_files_imports_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    done = _loading("check", str(tmp_path), "--to", "1.37")
    assert done.returncode in (0, 1, 2), done.stderr
    assert done.stderr.splitlines()[-1] == "loaded: []"


def _loading(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command; the last line on stderr names what is heavy and was imported."""
    script = (
        "import sys\nfrom seatrial.cli.main import run\n"
        f"code = run({list(arguments)!r})\n"
        f"print('loaded:', [m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)\nsys.exit(code)"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_every_command_has_a_one_line_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in cli.COMMANDS:
        line = next(line for line in shown.splitlines() if line.strip().startswith(f"{name} "))
        assert len(line.split()) > 2, f"{name} has no summary"


def test_completion_is_installed_by_the_root_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli.COMMANDS:
        assert cli.run([name, "--help"]) == 0
        assert "completion" not in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"seatrial {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek"],
        ["check", "--nonsense"],
        ["facts", "api", "-o", "xml"],
        ["simulator", "serve", "--clusters", "x"],
    ],
)
def test_a_wrong_call_could_not_run_and_names_the_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == ExitCode.COULD_NOT_RUN
    shown = capsys.readouterr().err
    assert shown.startswith("Error: ")
    assert "--help" in shown
    assert "Traceback" not in shown


def test_a_typo_is_answered_with_the_command_meant(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["chek"])
    assert "check" in capsys.readouterr().err


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """The next command raises what is put here."""
    errors: list[BaseException] = []

    def fail(*_: object) -> None:
        raise errors[0]

    monkeypatch.setattr(cli.root, "invoke", fail)
    return errors


def test_an_error_says_what_where_and_what_next(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(BadInput("it is broken.", where="fleet.yaml:3", next_step="Mend it."))
    assert cli.run(["check"]) == ExitCode.COULD_NOT_RUN
    assert capsys.readouterr().err == "Error: fleet.yaml:3: it is broken.\n  → Mend it.\n"


def test_errors_of_tasks_side_by_side_are_all_told(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    inner = ExceptionGroup("tasks", [BadInput("one."), ExceptionGroup("more", [TemporaryError("two.")])])
    failing.append(inner)
    assert cli.run(["check"]) == ExitCode.COULD_NOT_RUN
    assert capsys.readouterr().err == "Error: one.\nError: two.\n"


@pytest.mark.parametrize(
    "error", [RuntimeError("canary-token"), ExceptionGroup("x", [ValueError("canary-token")])]
)
def test_a_bug_shows_no_traceback_and_no_values(
    failing: list[BaseException],
    error: BaseException,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SEATRIAL_TRACEBACK", raising=False)
    failing.append(error)
    assert cli.run(["check"]) == ExitCode.COULD_NOT_RUN
    shown = capsys.readouterr().err
    assert "This is a bug" in shown
    assert "canary-token" not in shown


def test_a_full_disk_has_its_own_advice(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(OSError(28, "No space left on device", "plan.json"))
    assert cli.run(["check"]) == ExitCode.COULD_NOT_RUN
    assert "plan.json: No space left on device." in capsys.readouterr().err


def test_ctrl_c_says_so(failing: list[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    failing.append(KeyboardInterrupt())
    assert cli.run(["check"]) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_reader_that_left_is_no_bug() -> None:
    done = subprocess.run(
        f"{SEATRIAL} facts api | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_ascii_terminal_gets_no_error() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [SEATRIAL, "check", "nowhere", "--to", "1.37"], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == ExitCode.COULD_NOT_RUN
    assert "bug" not in done.stderr


def test_it_is_a_kubectl_plugin() -> None:
    plugin = SEATRIAL.with_name("kubectl-seatrial")
    done = subprocess.run([plugin, "--help"], capture_output=True, text=True, check=False)
    assert "kubectl seatrial" in done.stdout
