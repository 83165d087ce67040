"""`seatrial rehearse` as people and scripts call it."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import ryaml
from tests.rehearsal.worlds import a_budget, a_cluster, an_app
from tests.simulator.running import running

from seatrial.capture.archive import save
from seatrial.capture.redact import portable
from seatrial.cli.main import run
from seatrial.plan import write_plan


@pytest.fixture
def free(tmp_path: Path) -> Path:
    """A snapshot of a cluster that nothing holds up."""
    path = tmp_path / "free.seatrial"
    save(portable(a_cluster(an_app())), path)
    return path


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    path = tmp_path / "blocked.seatrial"
    save(portable(a_cluster(an_app(replicas=1), a_budget(minAvailable=1))), path)
    return path


def test_nothing_failed_is_exit_code_0(free: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rehearse", "--snapshot", str(free), "--to", "1.34"]) == 0
    said = capsys.readouterr()
    assert "Rehearsal of harbour: 1.33.4 → 1.34" in said.out
    assert said.out.rstrip().endswith("Nothing failed on the twin.")
    assert said.err == ""


def test_a_predicted_failure_is_exit_code_2_and_names_pod_and_budget(
    blocked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", "--snapshot", str(blocked)]) == 2
    out = capsys.readouterr().out
    assert "FAILS  replace the nodes of default 1.33.4 → 1.34" in out
    assert "was not drained in 15 minutes" in out
    assert "blocked: pod default/web-" in out
    assert "by budget default/web: it needs 1 healthy pods and has 1" in out


def test_the_safe_fix_that_is_named_makes_the_drain_pass_and_is_put_back(
    blocked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", "--snapshot", str(blocked)]) == 2
    assert "Rehearse it with --fix budget-never-allows" in capsys.readouterr().out
    assert run(["rehearse", "--snapshot", str(blocked), "--fix", "budget-never-allows"]) == 0
    assert "put back: scale deployment default/web" in capsys.readouterr().out


def test_json_and_yaml_say_the_same_with_a_format_number(
    blocked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", "--snapshot", str(blocked), "-o", "json"]) == 2
    as_json = json.loads(capsys.readouterr().out)
    assert run(["rehearse", "--snapshot", str(blocked), "-o", "yaml"]) == 2
    as_yaml = ryaml.loads(capsys.readouterr().out)
    assert as_json == as_yaml
    assert (as_json["format"], as_json["exitCode"], as_json["cluster"]) == (1, 2, "harbour")
    (failed,) = [step for step in as_json["steps"] if step["outcome"] == "failed"]
    assert failed["blocked"][0]["budget"] == "default/web"


def test_of_a_longer_way_the_first_hop_is_rehearsed_and_the_rest_named(
    free: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", "--snapshot", str(free), "--to", "1.36"]) == 0
    out = capsys.readouterr().out
    assert "Rehearsal of harbour: 1.33.4 → 1.34" in out
    assert out.rstrip().endswith("Still to go, each with its own plan and rehearsal: 1.35, 1.36")


def test_an_object_that_no_twin_can_hold_is_named_with_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.seatrial"
    held = portable(a_cluster(an_app()))
    odd = b'{"metadata": {"name": "p", "namespace": "shop"}, "spec": "none"}'
    resources = [replace(each, items=(odd,)) if each.kind == "Pod" else each for each in held.resources]
    save(replace(held, resources=tuple(resources)), path)
    assert run(["rehearse", "--snapshot", str(path)]) == 4
    err = capsys.readouterr().err
    assert err.startswith(f"Error: {path}: Pod/p: an object does not have the shape of its kind")
    assert "→ Make a new snapshot with: seatrial snapshot -o FILE." in err


def test_the_timeline_is_one_well_formed_drawing(blocked: Path, tmp_path: Path) -> None:
    drawing = tmp_path / "timeline.svg"
    run(["rehearse", "--snapshot", str(blocked), "--svg", str(drawing)])
    root = ElementTree.parse(drawing).getroot()
    titles = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any("replace the nodes of default" in title and "failed" in title for title in titles)


def test_a_plan_file_is_rehearsed_as_it_is(free: Path, tmp_path: Path) -> None:
    from tests.rehearsal.worlds import an_upgrade

    from seatrial.capture.archive import load

    plan = tmp_path / "plan.json"
    plan.write_bytes(write_plan(an_upgrade(load(free))))
    assert run(["rehearse", "--snapshot", str(free), "--plan", str(plan)]) == 0


def test_a_live_rehearsal_of_a_plan_goes_to_the_cluster_that_the_plan_names(
    free: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.rehearsal.worlds import an_upgrade

    from seatrial.capture.archive import load

    plan, config = tmp_path / "plan.json", tmp_path / "config"
    plan.write_bytes(write_plan(an_upgrade(load(free))))
    config.write_text("apiVersion: v1\nkind: Config\ncurrent-context: other\ncontexts: [{name: other}]\n")
    assert run(["rehearse", "--kubeconfig", str(config), "--plan", str(plan)]) == 4
    assert "harbour" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--snapshot", "none.seatrial"], "No such file"),
        (["--snapshot", "x", "--context", "y"], "exclude each other"),
        (["--plan", "p", "--to", "1.34"], "the plan says where it goes"),
        (["--cluster", "prod"], "--fleet"),
        (["--fleet", "fleet.yaml"], "--cluster"),
    ],
)
def test_wrong_calls_end_with_one_sentence_and_code_4(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", *arguments]) == 4
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_a_version_that_cannot_be_reached_is_said(free: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rehearse", "--snapshot", str(free), "--to", "1.32"]) == 4
    assert "does not go back" in capsys.readouterr().err


@pytest.mark.journey
def test_a_live_cluster_is_read_into_memory_and_nothing_stays_on_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with running(tmp_path, {"prod": "1.33"}) as simulator:
        code = run(["rehearse", "--kubeconfig", str(simulator.kubeconfig), "--context", "prod", "-o", "json"])
    report = json.loads(capsys.readouterr().out)
    assert code == 3  # nobody could ask its provider
    assert "could not be asked" in report["notModelled"][0]["why"]
    assert list(temporary.iterdir()) == []
