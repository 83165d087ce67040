"""What `rollout start` says before any cluster is reached."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seatrial.cli.main import run
from seatrial.cli.rollout_desk import open_desk
from seatrial.cli.rollout_start import prepare
from seatrial.rollout.document import Rollout

FLEET = """\
clusters:
  - {name: a, provider: {kind: simulated}, version: 1.33, tier: test}
  - {name: b, provider: {kind: simulated}, version: 1.33, tier: production}
releases:
  - {name: spring, kubernetes: "1.34"}
  - {name: summer, kubernetes: "1.35"}
strategies:
  - {name: careful, stages: [{name: test, selector: {tier: test}, soak: 1d}, {name: rest, approval: true}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "fleet.yaml").write_text(FLEET)
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(release: str = "spring", *more: str) -> int:
    return run(
        ["rollout", "start", "--fleet", "fleet.yaml", "--release", release, "--strategy", "careful", *more]
    )


def prepared(folder: Path, fleet: str = "fleet.yaml", release: str = "spring") -> Rollout:
    """As `start --yes` makes it, without driving it."""

    async def main() -> Rollout:
        async with open_desk(folder / "state") as desk:
            journal = await prepare(desk, folder / fleet, release, "careful", yes=True, by="ann")
            return journal.rollout

    return asyncio.run(main())


def test_it_shows_everything_and_asks_before_it_starts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start() == 4
    shown = capsys.readouterr()
    assert "release spring (Kubernetes 1.34) to 2 clusters of fleet fleet, strategy careful" in shown.out
    assert "  1. test (1 at a time; bears 0 failed; soaks 1d)\n     a\n" in shown.out
    assert "  2. rest (after approval; 1 at a time; bears 0 failed)\n     b\n" in shown.out
    assert shown.err == "Error: nobody is there to confirm.\n  → Look it over and add --yes.\n"
    assert run(["rollout", "list"]) == 0
    assert capsys.readouterr().out.startswith("No rollouts")


def test_an_unfinished_one_is_gone_on_with_on_what_was_approved(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = prepared(folder)
    assert prepared(folder) == first
    assert "has changed since" not in capsys.readouterr().out
    (folder / "fleet.yaml").write_text(FLEET.replace("soak: 1d", "soak: 1s"))
    assert prepared(folder) == first
    assert "runs on what was approved then" in capsys.readouterr().out


def test_another_release_for_the_same_clusters_waits_for_the_first(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = prepared(folder)
    assert start("summer", "--yes") == 4
    assert capsys.readouterr().err.startswith(f"Error: rollout {first.id} is unfinished and has a, b too.\n")


def test_another_fleet_of_the_same_name_is_another_rollout(folder: Path) -> None:
    first = prepared(folder)
    (folder / "other.yaml").write_text(FLEET.replace("name: a,", "name: c,").replace("name: b,", "name: d,"))
    assert prepared(folder, "other.yaml").id != first.id


def test_nothing_starts_while_the_fleet_is_stopped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stop", "--why", "outage", "--by", "bob"]) == 0
    assert start("spring", "--yes") == 4
    assert capsys.readouterr().err == (
        "Error: the fleet-wide stop is in force, by bob: outage.\n  → `seatrial stop --lift` lifts it.\n"
    )


@pytest.mark.parametrize(
    ("release", "said"), [("sprnig", "did you mean 'spring'?"), ("x", "; known are spring, summer")]
)
def test_an_unknown_release_says_which_there_are(
    folder: Path, capsys: pytest.CaptureFixture[str], release: str, said: str
) -> None:
    assert start(release, "--yes") == 4
    assert said in capsys.readouterr().err
