"""Drift is what a step's facts say: no more, and each change by name."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plan import builders

from seatrial.plan.drift import drift
from seatrial.plan.facts import (
    budgets_fact,
    budgets_value,
    chart_fact,
    control_plane_fact,
    node_group_fact,
    replicas_fact,
)
from seatrial.plan.steps import Fact

PLAN = builders.small_upgrade()


def budget(name: str, least: int, *, pods: int = 3, release: str = "") -> dict[str, Any]:
    annotations = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": "infra"}
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "resourceVersion": str(pods),
            "annotations": annotations if release else {},
        },
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": name}}},
        "status": {"expectedPods": pods, "currentHealthy": pods, "disruptionsAllowed": pods - least},
    }


def between(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> str:
    planned = budgets_fact(budgets_value(before, ()))
    return drift(PLAN, planned, budgets_value(now, {("infra", "ingress")}))


def test_a_new_budget_over_pods_that_must_move_is_drift_and_is_named() -> None:
    assert between([budget("web", 1)], [budget("web", 1), budget("db", 2)]) == (
        """budget shop/db was absent and is 'minAvailable 2 over {"matchLabels":{"app":"db"}}' now"""
    )


def test_other_terms_of_a_budget_are_drift_with_what_it_was_and_is() -> None:
    assert between([budget("web", 1)], [budget("web", 3)]) == (
        """budget shop/web was 'minAvailable 1 over {"matchLabels":{"app":"web"}}' and is"""
        """ 'minAvailable 3 over {"matchLabels":{"app":"web"}}' now"""
    )


@pytest.mark.parametrize(
    "now",
    [
        pytest.param([budget("web", 1, pods=9), budget("idle", 1, pods=0)], id="autoscaled counts"),
        pytest.param([budget("web", 1), budget("idle", 1, pods=2)], id="scaled up from none"),
        pytest.param([budget("web", 1, pods=0)], id="scaled to none, and one is gone"),
        pytest.param([], id="all are gone"),
        pytest.param([budget("web", 1), budget("new", 1, pods=0)], id="a new one without pods"),
        pytest.param([budget("web", 1), budget("x", 9, release="ingress")], id="of a planned chart"),
    ],
)
def test_what_comes_and_goes_by_itself_is_no_drift(now: list[dict[str, Any]]) -> None:
    assert between([budget("web", 1), budget("idle", 1, pods=0)], now) == ""


@pytest.mark.parametrize(
    ("fact", "now"),
    [
        (control_plane_fact("1.33.4"), "1.34.2"),
        (control_plane_fact("1.33.4"), "1.34.5"),
        (node_group_fact("default", "1.33.4"), "1.34.2"),
        (chart_fact("infra", "ingress", "1.0.0"), "2.0.0"),
        (replicas_fact("deployments", "shop", "web", 1), "2"),
    ],
)
def test_what_others_have_brought_to_where_the_plan_wants_it_is_no_drift(fact: Fact, now: str) -> None:
    assert drift(PLAN, fact, now) == ""


@pytest.mark.parametrize(
    ("fact", "now", "said"),
    [
        (control_plane_fact("1.33.4"), "1.33.6", "control-plane/version was '1.33.4' and is '1.33.6' now"),
        (control_plane_fact("1.33.4"), "", "control-plane/version was '1.33.4' and is absent now"),
        (control_plane_fact("1.33.4"), "1.35.0", "control-plane/version was '1.33.4' and is '1.35.0' now"),
        (node_group_fact("x", "1.33.4"), "1.34.2", "node-group/x/version was '1.33.4' and is '1.34.2' now"),
        (
            chart_fact("infra", "ingress", "1.0.0"),
            "1.5.0 (failed)",
            "chart/infra/ingress/version was '1.0.0' and is '1.5.0 (failed)' now",
        ),
        (
            replicas_fact("deployments", "shop", "web", 1),
            "5",
            "replicas/deployments/shop/web was '1' and is '5' now",
        ),
    ],
)
def test_any_other_change_of_a_fact_is_drift(fact: Fact, now: str, said: str) -> None:
    assert drift(PLAN, fact, now) == said
