"""`seatrial rbac`: the least role, and a cluster that grants nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import ryaml
from tests.simulator.running import Running, running

from seatrial.cli.main import run
from seatrial.simulator.access import Forbid


def _role(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[dict[str, Any], str]:
    assert run(["rbac", "-o", "json", *options]) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


def _listed(role: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (group, plural)
        for rule in role["rules"]
        if rule["verbs"] == ["list"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
    }


def test_role_reads_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    role, _ = _role(capsys, "--secrets", "--group", "argoproj.io")
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list", "get"}
    assert not [rule for rule in role["rules"] if "*" in rule.get("apiGroups", ())]


def test_secrets_are_left_out_unless_asked_for_and_it_is_said_who_misses_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    role, said = _role(capsys)
    assert ("", "secrets") not in _listed(role)
    assert "removed-api-in-release" in said
    role, said = _role(capsys, "--secrets")
    assert ("", "secrets") in _listed(role)
    assert "removed-api-in-release" not in said


def test_fewer_checks_need_less(capsys: pytest.CaptureFixture[str]) -> None:
    role, said = _role(capsys, "--only", "node-not-ready")
    assert (_listed(role), said) == ({("", "namespaces"), ("", "nodes")}, "")


def test_yaml_is_what_kubectl_applies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rbac", "--name", "auditor"]) == 0
    role = ryaml.loads(capsys.readouterr().out)
    assert (role["kind"], role["metadata"]["name"]) == ("ClusterRole", "auditor")


@pytest.mark.parametrize("options", [["-o", "table"], ["--group", "*"], ["--only", "nope"]])
def test_nonsense_gets_one_clear_message(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rbac", *options]) == 4
    out, err = capsys.readouterr()
    assert (out, err.count("Error:"), err.count("→")) == ("", 1, 1)


@dataclass(frozen=True, slots=True)
class _AllBut(Forbid):
    """Allows only what a ClusterRole grants."""

    granted: frozenset[tuple[str, str]] = field(default=frozenset())

    def covers(self, user: str, verb: str, resource: str, namespace: str) -> bool:
        plural, _, group = resource.partition(".")
        if (verb, resource, namespace) == ("get", "namespaces", ""):
            return False
        return verb != "list" or not self.granted & {(group, plural), (group, "*")}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("rbac"), {"prod": "1.36"}) as one:
        yield one


def _checked(simulator: Running, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    run(["check", "--kubeconfig", str(simulator.kubeconfig), "--context", "prod", "-o", "json", *options])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.journey
def test_with_the_role_and_no_more_every_check_sees_everything(
    simulator: Running, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rules = simulator.server.access("prod").rules
    role, _ = _role(capsys, "--secrets", "--group", "example.org")
    before = _checked(simulator, capsys)
    rules.append(_AllBut("seatrial:admin", granted=frozenset(_listed(role))))
    try:
        assert _checked(simulator, capsys) == before
    finally:
        rules.clear()


@pytest.mark.journey
def test_without_secrets_only_those_who_need_them_are_incomplete_and_say_the_rule(
    simulator: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = simulator.server.access("prod").rules
    role, said = _role(capsys, "--group", "example.org")
    rules.append(_AllBut("seatrial:admin", granted=frozenset(_listed(role))))
    try:
        report = _checked(simulator, capsys)
    finally:
        rules.clear()
    incomplete = {each["check"] for each in report["incomplete"]}
    assert incomplete
    assert all(check in said for check in incomplete)
    assert {each["nextStep"] for each in report["incomplete"]} == {
        "Allow it by this rule of a ClusterRole (`seatrial rbac` prints all):"
        ' {apiGroups: [""], resources: ["secrets"], verbs: ["list"]}'
    }


def test_a_group_that_no_api_can_have_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rbac", "--group", "bad group"]) == 4
    assert "'bad group' is not the name of an API group" in capsys.readouterr().err
