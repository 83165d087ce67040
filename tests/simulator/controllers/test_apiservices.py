"""What the API server says of the Services behind aggregated APIs."""

from __future__ import annotations

from tests.simulator.controllers.clusters import apply, deployment, make_cluster, scale, wait

from seatrial.cluster.objects import Obj
from seatrial.simulator.cells import api_service_available, api_service_backend
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.kinds import API_SERVICES, SERVICES


def api_service(service: Obj | None = None, name: str = "v1beta1.metrics.example.com", **more: Obj) -> Obj:
    version, _, group = name.partition(".")
    spec: Obj = {"group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 100}
    if service is not None:
        spec |= {"service": service, "insecureSkipTLSVerify": True}
    meta = {"name": name}
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": meta,
        "spec": spec,
        **more,
    }


def service() -> Obj:
    spec = {"selector": {"app": "web"}, "ports": [{"name": "https", "port": 443, "targetPort": 8443}]}
    meta = {"name": "web", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def available(cluster: SimulatedCluster, name: str = "v1beta1.metrics.example.com") -> tuple[str, str]:
    api = cluster.store.get(API_SERVICES, "", name)
    assert api is not None
    (condition,) = api["status"]["conditions"]
    return condition["status"], condition["reason"]


BACKEND = {"namespace": "default", "name": "web"}


def test_an_aggregated_api_is_as_available_as_the_pods_behind_it() -> None:
    cluster = make_cluster()
    cluster.verbs.create(API_SERVICES, api_service(BACKEND))
    wait(cluster, 1)
    assert available(cluster) == ("False", "ServiceNotFound")
    cluster.verbs.create(SERVICES, service())
    wait(cluster, 1)
    assert available(cluster) == ("False", "MissingEndpoints")
    apply(cluster, deployment(replicas=1))
    wait(cluster, 60)
    assert available(cluster) == ("True", "Passed")
    scale(cluster, "web", 0)
    wait(cluster, 60)
    assert available(cluster) == ("False", "MissingEndpoints")


def test_a_port_that_the_service_does_not_have_answers_nobody() -> None:
    cluster = make_cluster()
    cluster.verbs.create(SERVICES, service())
    cluster.verbs.create(API_SERVICES, api_service({**BACKEND, "port": 8443}))
    wait(cluster, 1)
    assert available(cluster) == ("False", "ServicePortError")


def test_an_api_that_the_server_answers_itself_is_always_available() -> None:
    cluster = make_cluster()
    cluster.verbs.create(API_SERVICES, api_service(name="v1.local.example.com"))
    wait(cluster, 1)
    assert available(cluster, "v1.local.example.com") == ("True", "Local")


def test_a_process_that_was_seen_not_to_answer_is_not_called_well() -> None:
    cluster = make_cluster()
    broken = {"type": "Available", "status": "False", "reason": "FailedDiscoveryCheck", "message": "503"}
    cluster.verbs.restore(API_SERVICES, api_service(BACKEND, status={"conditions": [broken]}))
    cluster.verbs.create(SERVICES, service())
    apply(cluster, deployment(replicas=1))
    wait(cluster, 60)
    assert available(cluster) == ("False", "FailedDiscoveryCheck")


def test_kubectl_shows_who_answers_and_why_not() -> None:
    api = api_service(BACKEND)
    assert (api_service_backend(api), api_service_available(api)) == ("default/web", "Unknown")
    broken = {"type": "Available", "status": "False", "reason": "MissingEndpoints"}
    api["status"] = {"conditions": [broken]}
    assert api_service_available(api) == "False (MissingEndpoints)"
    assert api_service_backend(api_service()) == "Local"
