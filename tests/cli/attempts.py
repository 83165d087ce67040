"""What every trial of bad input does: run a command, and see that the answer is fit for a person."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from seatrial.cli import main as cli

CANARY = "canary-5f0c-token-a81b"
"""Planted as every secret that these tests have; nothing that is printed may hold it."""

SEATRIAL = Path(sys.executable).with_name("seatrial")


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def shown(self) -> str:
        return self.out + self.err


Attempt = Callable[..., Outcome]


def fit_for_people(outcome: Outcome) -> Outcome:
    """One message, no traceback, no secret, nothing that steers a terminal."""
    assert "Traceback" not in outcome.shown, outcome.shown
    assert "This is a bug" not in outcome.shown, outcome.shown
    assert CANARY not in outcome.shown, outcome.shown
    assert "\x1b" not in outcome.shown
    assert outcome.err.count("Error: ") <= 1, outcome.err
    return outcome


def refused(outcome: Outcome, *words: str, code: int = 4) -> None:
    """The command ended with `code`, and one message that has `words` and a next step."""
    assert outcome.code == code, outcome.shown
    for word in words:
        assert word in outcome.err, outcome.err
    assert outcome.err.startswith("Error: "), outcome.err
    assert "\n  → " in outcome.err, outcome.err


@pytest.fixture
def attempt(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Attempt]:
    """Runs seatrial in this process, in an empty folder and with an empty home."""
    for name in ("KUBECONFIG", "SEATRIAL_TRACEBACK", "SEATRIAL_HELM", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SEATRIAL_ALLOW_EXEC", "sh,echo,sleep")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        code = cli.run([str(each) for each in arguments])
        shown = capsys.readouterr()
        return fit_for_people(Outcome(code, shown.out, shown.err))

    return run


@dataclass(frozen=True, slots=True)
class Process:
    """Runs seatrial as a process of its own, for signals, streams and full disks."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        left_out = ("KUBECONFIG", "SEATRIAL_TRACEBACK")
        kept = {key: value for key, value in os.environ.items() if key not in left_out}
        return {
            **kept,
            "HOME": str(self.folder / "home"),
            "SEATRIAL_STATE": str(self.folder / "state"),
            "SEATRIAL_ALLOW_EXEC": "sh,echo,sleep",
            "PYTHONUNBUFFERED": "1",
        }

    def start(self, *arguments: str | Path, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [SEATRIAL, *arguments],
            cwd=self.folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str | Path, **more: str) -> Outcome:
        return ended(self.start(*arguments, **more))

    def shell(self, line: str) -> Outcome:
        done = subprocess.run(
            ["/bin/sh", "-c", line.replace("seatrial", str(SEATRIAL), 1)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return fit_for_people(Outcome(done.returncode, done.stdout, done.stderr))


def ended(process: subprocess.Popen[str]) -> Outcome:
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return fit_for_people(Outcome(process.returncode, out, err))


@dataclass(frozen=True, slots=True)
class Fleet:
    """A simulator that runs as a program; it can be killed."""

    process: subprocess.Popen[str]
    kubeconfig: Path


def serve(folder: Path, *clusters: str, speed: float = 60.0) -> Fleet:
    kubeconfig = folder / "kubeconfig"
    named = [part for cluster in clusters for part in ("--cluster", cluster)]
    process = subprocess.Popen(
        [SEATRIAL, "simulator", "serve", *named, "--kubeconfig-out", kubeconfig, "--speed", str(speed)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Serving"), "the simulator did not start"
    return Fleet(process, kubeconfig)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two simulated clusters, `a` and `b`, which no test of the module upgrades."""
    served = serve(tmp_path_factory.mktemp("fleet"), "a=1.36", "b=1.36")
    yield served
    served.process.kill()
    served.process.wait()
