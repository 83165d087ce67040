"""Twice the cluster is about twice the work for every check: in calls, which no busy machine changes."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Iterator

import pytest
from tests.builders import a_budget, a_node, a_pod, a_snapshot, an_object
from tests.checks.reports import TARGET

from seatrial.checks.registry import all_checks
from seatrial.checks.run import check_snapshot
from seatrial.cluster.objects import Obj

_SMALL = 20_000  # calls, below which what is the same for any cluster counts for too much


@pytest.mark.slow
def test_every_check_is_about_linear() -> None:
    small, large = _calls(100), _calls(200)
    heavy = {check: calls for check, calls in large.items() if calls > _SMALL}
    assert heavy
    assert {check: calls / small[check] for check, calls in heavy.items() if calls > 2.4 * small[check]} == {}


def _calls(size: int) -> dict[str, int]:
    """What each check costs in a cluster of its own, with what checks share."""
    objects = list(_cluster(size))
    counted = {}
    for check in all_checks():
        snapshot = a_snapshot(*objects)
        with cProfile.Profile() as profile:
            check_snapshot(snapshot, TARGET, [check])
        counted[check.id] = int(getattr(pstats.Stats(profile), "total_calls"))  # noqa: B009  typeshed has none
    return counted


def _cluster(size: int) -> Iterator[Obj]:
    """Sick enough that most checks have something to say: 20 objects for each of `size`."""
    for n in range(size):
        place, labels = f"ns{n % max(1, size // 10)}", {"app": f"web{n}"}
        if n < size // 10:
            yield an_object("v1", "Namespace", f"ns{n}", labels={"team": f"t{n}"})
        yield a_node(f"node{n}")
        spec = {
            "containers": [{"name": "main", "image": f"k8s.gcr.io/app{n}:v1.{n}.0"}],
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": labels},
                }
            ],
        }
        wanted = {
            "replicas": 4,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        }
        yield an_object("apps/v1", "Deployment", f"web{n}", place, spec=wanted)
        yield an_object("apps/v1", "StatefulSet", f"db{n}", place, spec=wanted)
        for number in range(4):
            pod = a_pod(f"web{n}-{number}", place, labels=labels)
            pod["spec"] |= {**spec, "nodeName": f"node{(n * 4 + number) % size}"}
            yield pod
        yield a_budget(f"web{n}", place, max_unavailable=0)
        yield a_budget(f"idle{n}", place, max_unavailable=1, match={"app": f"gone{n}"})
        yield from _services(n, place)
        yield from _permissions(n, place)
        yield an_object(f"g{n % 9}.example.org/v1", f"Thing{n % 9}", f"t{n}", place, spec=wanted)


def _services(n: int, place: str) -> Iterator[Obj]:
    yield an_object("v1", "Service", f"web{n}", place, spec={"selector": {"app": f"web{n}"}})
    yield an_object(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        f"web{n}",
        place,
        labels={"kubernetes.io/service-name": f"web{n}"},
        endpoints=[{"conditions": {"ready": n % 2 == 0}}],
    )
    every = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
    webhook = {
        "name": f"w{n}.example.org",
        "failurePolicy": "Fail",
        "clientConfig": {"service": {"namespace": place, "name": f"web{n}"}},
        "rules": [every],
    }
    if n % 2:
        kind = "ValidatingWebhookConfiguration"
        yield an_object("admissionregistration.k8s.io/v1", kind, f"w{n}", webhooks=[webhook])


def _permissions(n: int, place: str) -> Iterator[Obj]:
    dead = {"apiGroups": ["extensions", "policy"], "resources": ["podsecuritypolicies"], "verbs": ["get"]}
    group = "rbac.authorization.k8s.io"
    yield an_object(f"{group}/v1", "ClusterRole", f"r{n}", rules=[dead])
    yield an_object(f"{group}/v1", "Role", f"r{n}", place, rules=[dead])
    yield an_object(
        f"{group}/v1",
        "RoleBinding",
        f"r{n}",
        place,
        roleRef={"apiGroup": group, "kind": "Role", "name": f"r{n}"},
        subjects=[{"kind": "ServiceAccount", "name": f"sa{n}", "namespace": place}],
    )
