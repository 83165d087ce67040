from __future__ import annotations

from typing import Any

import pytest
from tests.fleet.builders import fleet

from seatrial.fleet.consistency import inconsistencies
from seatrial.fleet.model import Fleet


def wrong(of: Fleet) -> list[str]:
    return [str(problem) for problem in inconsistencies(of, lambda path: True)]


def test_the_fleet_of_the_tests_is_sound() -> None:
    assert wrong(fleet()) == []


def strategy(*stages: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"name": "s", "stages": list(stages), **more}]


def test_a_stage_that_selects_nothing_says_what_there_is() -> None:
    stages = strategy({"name": "one", "selector": {"tier": "production"}}, {"name": "all"})
    assert wrong(fleet(tiers=["test", "test"], strategies=stages)) == [
        "strategies[0].stages[0].selector: stage 'one' selects no cluster: 'tier' is test on the clusters"
    ]


def test_a_selector_with_an_unknown_label_suggests_the_right_one() -> None:
    stages = strategy({"name": "one", "selector": {"teir": "test"}}, {"name": "all"})
    assert wrong(fleet(strategies=stages)) == [
        "strategies[0].stages[0].selector: stage 'one' selects no cluster:"
        " none has a label 'teir'; did you mean 'tier'?"
    ]


def test_a_stage_whose_clusters_an_earlier_one_has_is_named() -> None:
    stages = strategy({"name": "all"}, {"name": "test", "selector": {"tier": "test"}})
    assert wrong(fleet(tiers=["test", "production"], strategies=stages)) == [
        "strategies[0].stages[1].selector: stage 'test' is left without clusters: earlier stages have c0"
    ]


def test_clusters_that_no_stage_selects_are_named_unless_the_scope_leaves_them_out() -> None:
    tiers = ["test", "production", "production"]
    only_test = {"name": "test", "selector": {"tier": "test"}}
    assert wrong(fleet(tiers=tiers, strategies=strategy(only_test))) == [
        "strategies[0].stages: no stage of strategy 's' selects c1, c2;"
        " add a stage for them, or leave them out with the strategy's scope"
    ]
    assert wrong(fleet(tiers=tiers, strategies=strategy(only_test, scope={"tier": "test"}))) == []


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"releases": [{"name": "r", "kubernetes": "1.38"}]},
            "releases[0].kubernetes: Seatrial does not know Kubernetes 1.38",
        ),
        (
            {"releases": [{"name": "r", "kubernetes": "1.34", "charts": {"ingres": "x"}}]},
            "releases[0].charts.ingres: the stack has no component 'ingres'; did you mean 'ingress'?",
        ),
        (
            {"releases": [{"name": "r", "kubernetes": "1.34"}, {"name": "r", "kubernetes": "1.35"}]},
            "releases[1].name: 'r' is also the name of releases[0]",
        ),
        (
            {
                "stack": [
                    {"name": "a", "namespace": "n", "chart": "c"},
                    {"name": "b", "namespace": "n", "chart": "c", "release": "a"},
                ],
                "releases": [],
            },
            "stack[1].release: 'a' already is the Helm release 'a' in namespace 'n'",
        ),
        (
            {"strategies": [{"name": "s", "stages": [{"name": "x"}, {"name": "x"}]}]},
            "strategies[0].stages[1].name: 'x' is also the name of stages[0]",
        ),
        (
            {"strategies": strategy({"name": "x"}, scope={"tier": "production"})},
            "strategies[0].scope: strategy 's' selects no cluster at all",
        ),
    ],
)
def test_what_does_not_fit_together_is_named(part: dict[str, Any], expected: str) -> None:
    assert wrong(fleet(**part))[0].startswith(expected)


def test_windows_that_never_meet_are_a_problem() -> None:
    def nights(day: str) -> dict[str, Any]:
        return {"zone": "Europe/Paris", "windows": [{"days": [day], "from": "22:00", "to": "04:00"}]}

    def of(day: str) -> Fleet:
        cluster = {"provider": {"kind": "simulated"}, "version": "1.33", "tier": "test"}
        clusters = [
            {"name": "any", **cluster},
            {"name": "mondays", "maintenance": nights("mon"), **cluster},
            {"name": "tuesdays", "maintenance": nights("tue"), **cluster},
        ]
        return fleet(clusters=clusters, strategies=strategy({"name": "all", "maintenance": nights(day)}))

    start = "strategies[0].stages[0].maintenance: stage 'all' has no time in common with "
    assert wrong(of("mon")) == [start + "tuesdays, which could never start"]
    assert wrong(of("thu")) == [start + "mondays, tuesdays, which could never start"]
