"""Horizontal pod autoscalers without anything that measures: bounds alone."""

from __future__ import annotations

import pytest
from tests.simulator.controllers.clusters import apply, deployment, make_cluster, pods, scale, wait

from seatrial.cluster.objects import Obj
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS


def autoscaler(**target: str) -> Obj:
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", **target}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 4},
    }


def replicas(cluster: SimulatedCluster) -> int:
    found = cluster.store.get(DEPLOYMENTS, "default", "web")
    assert found is not None
    return int(found["spec"]["replicas"])


@pytest.mark.parametrize(("before", "after"), [(1, 2), (3, 3), (6, 4), (0, 0)])
def test_replicas_are_brought_within_the_bounds_and_0_turns_it_off(before: int, after: int) -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=before))
    cluster.verbs.create(HORIZONTAL_POD_AUTOSCALERS, autoscaler())
    wait(cluster, 120)
    assert (replicas(cluster), len(pods(cluster))) == (after, after)
    found = cluster.store.get(HORIZONTAL_POD_AUTOSCALERS, "default", "web")
    assert found is not None
    assert (found["status"]["desiredReplicas"], found["status"]["currentReplicas"]) == (after, after)


def test_who_scales_below_the_bounds_is_overruled() -> None:
    cluster = make_cluster()
    cluster.verbs.create(HORIZONTAL_POD_AUTOSCALERS, autoscaler())
    apply(cluster, deployment(replicas=3))
    wait(cluster, 60)
    scale(cluster, "web", 1)
    wait(cluster, 60)
    assert replicas(cluster) == 2


@pytest.mark.parametrize("target", [{"name": "gone"}, {"apiVersion": "example.com/v1", "kind": "Web"}])
def test_a_target_that_is_unknown_is_left_alone(target: dict[str, str]) -> None:
    cluster = make_cluster()
    apply(cluster, deployment(replicas=1))
    cluster.verbs.create(HORIZONTAL_POD_AUTOSCALERS, autoscaler(**target))
    wait(cluster, 60)
    assert replicas(cluster) == 1
