"""`seatrial facts` shows what the product knows, and says where its knowledge ends."""

import json

import pytest

from seatrial.cli.main import run


def test_apis_removed_in_a_minor_are_listed_with_their_replacement(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["facts", "api", "--removed-in", "1.37"]) == 0
    out = capsys.readouterr().out
    assert "networking.k8s.io/v1beta1      IPAddress" in out
    assert "networking.k8s.io/v1 IPAddress" in out
    assert "Gathered on 2026-11-21; nothing is known past 1.37." in out


@pytest.mark.parametrize(
    "which", [["policy/v1beta1", "PodDisruptionBudget"], ["pdb", "policy/v1beta1"], ["policy/v1beta1", "pdb"]]
)
def test_one_api_is_found_by_any_of_its_names(which: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "api", *which, "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["gathered"], document["horizon"]) == (1, "2026-11-21", "1.37")
    (item,) = document["items"]
    assert (item["deprecated"], item["removed"], item["replacement"]) == (
        "1.21",
        "1.25",
        "policy/v1 PodDisruptionBudget",
    )


def test_planned_removals_past_the_horizon_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "api", "--removed-in", "1.38"]) == 0
    assert "1.38 (planned)" in capsys.readouterr().out


def test_releases_show_only_what_somebody_supports(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "releases"]) == 0
    out = capsys.readouterr().out
    assert "1.37    2026-08-26" in out
    assert "\n1.29 " not in out
    assert run(["facts", "releases", "--provider", "scaleway", "-o", "json"]) == 0
    items = json.loads(capsys.readouterr().out)["items"]
    assert {tuple(item["providers"]) for item in items} == {("kapsule",)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["api", "--served-in", "1.38"], "does not know Kubernetes 1.38"),
        (["api", "--served-in", "1.99"], "there is no Kubernetes 1.99"),
        (["api", "--removed-in", "2.0"], "there is no Kubernetes 2.0"),
        (["api", "--removed-in", "soon"], "'soon' is not a Kubernetes version"),
        (["api", "Novelty"], "no built-in API is called 'Novelty'"),
        (["api", "--group", "cert-manager.io"], "is no group of Kubernetes itself"),
        (["releases", "--provider", "ovh"], "'ovh' is not a provider"),
        (["releases", "-o", "xml"], "'xml' is not one of"),
    ],
)
def test_bad_input_is_one_clear_message(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["facts", *arguments]) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err


def test_an_add_on_shows_the_minors_that_each_version_goes_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "addons", "Cert-Manager", "-o", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    newest = document["items"][-1]
    assert (newest["versions"], newest["oldest"], newest["newest"]) == ("~1.21.0", "1.33", "1.36")
    assert run(["facts", "addons"]) == 0
    assert "1.33 to 1.36" in capsys.readouterr().out


def test_an_unknown_add_on_names_those_that_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "addons", "nope"]) == 4
    assert "Known are Argo CD, Calico, Cilium" in capsys.readouterr().err


def test_changes_of_a_minor_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", "changes", "1.37"]) == 0
    out = capsys.readouterr().out
    assert "SELinux label" in out
    assert "gitRepo" not in out
    assert run(["facts", "changes", "-o", "json"]) == 0
    minors = [item["minor"] for item in json.loads(capsys.readouterr().out)["items"]]
    assert minors == sorted(minors, key=lambda each: int(each.partition(".")[2]))
