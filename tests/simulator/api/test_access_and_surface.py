"""What only the simulator can be asked: rules of access, deprecations, upgrades, compaction."""

from __future__ import annotations

from tests.simulator.api.objects import config_map, crd
from tests.simulator.api.world import Simulated

from seatrial.cluster.version import Minor
from seatrial.simulator.access import Forbid, Identity
from seatrial.simulator.watching import Watch

MAPS = "/api/v1/namespaces/default/configmaps"


def test_a_rule_forbids_in_the_api_servers_words() -> None:
    simulated = Simulated(identity=Identity("auditor"))
    simulated.access.rules.append(Forbid("auditor", resource="secrets"))
    reply = simulated("GET", "/api/v1/secrets")
    assert (reply.code, reply.reason) == (403, "Forbidden")
    assert reply.message == (
        'secrets is forbidden: User "auditor" cannot list resource "secrets" in API group ""'
        " at the cluster scope"
    )
    assert simulated("GET", MAPS).code == 200


def test_reviews_say_what_the_rules_say() -> None:
    simulated = Simulated(identity=Identity("auditor"))
    simulated.access.rules.append(Forbid("auditor", verbs=("list",), resource="secrets"))

    def allowed(verb: str, resource: str) -> bool:
        asked = {"spec": {"resourceAttributes": {"verb": verb, "resource": resource}}}
        reply = simulated("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", asked)
        return bool(reply.body["status"]["allowed"])

    assert (allowed("list", "secrets"), allowed("get", "secrets"), allowed("list", "pods")) == (
        False,
        True,
        True,
    )


def test_a_deprecated_version_warns_and_shows_in_the_metrics() -> None:
    simulated = Simulated("1.29")
    reply = simulated("GET", "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas")
    assert reply.warnings == (
        "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema is deprecated in v1.29+, unavailable in v1.32+;"
        " use flowcontrol.apiserver.k8s.io/v1 FlowSchema",
    )
    assert (
        'apiserver_requested_deprecated_apis{group="flowcontrol.apiserver.k8s.io",removed_release="1.32",'
        'resource="flowschemas",subresource="",version="v1beta3"} 1'
    ) in simulated("GET", "/metrics").body


def test_betas_are_on_as_on_a_default_cluster() -> None:
    groups = {group["name"] for group in Simulated("1.33")("GET", "/apis").body["groups"]}
    assert "resource.k8s.io" not in groups
    assert "policy" in groups


def test_an_upgrade_serves_another_surface_and_keeps_objects_and_definitions() -> None:
    simulated = Simulated("1.31")
    simulated("POST", MAPS, config_map("kept"))
    simulated("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd())
    old = "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas"
    assert simulated("GET", old).code == 200
    simulated.cluster.set_minor(Minor(1, 32))
    assert simulated("GET", old).code == 404
    assert simulated("GET", f"{MAPS}/kept").code == 200
    assert simulated("GET", "/apis/contract.example.com/v1/widgets").code == 200
    assert simulated("GET", "/version").body["minor"] == "32"


def test_a_watch_from_forgotten_history_ends_with_410() -> None:
    simulated = Simulated()
    seen = simulated("GET", MAPS).body["metadata"]["resourceVersion"]
    simulated("POST", MAPS, config_map("one"))
    simulated.cluster.store.forget_history()
    [event] = simulated.watch(f"{MAPS}?watch=1&resourceVersion={seen}")
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_a_chunked_list_whose_token_is_too_old_expires() -> None:
    simulated = Simulated()
    for name in "abc":
        simulated("POST", MAPS, config_map(name))
    token = simulated("GET", f"{MAPS}?limit=1").body["metadata"]["continue"]
    simulated("POST", MAPS, config_map("d"))
    simulated.cluster.store.forget_history()
    assert simulated("GET", f"{MAPS}?limit=1&continue={token}").code == 410


def test_an_upgrade_cuts_watches() -> None:
    simulated = Simulated("1.32")
    watch = simulated.ask("GET", f"{MAPS}?watch=1")
    assert isinstance(watch, Watch)
    cut: list[bool] = []
    simulated.cluster.on_restart(lambda: cut.append(True))
    simulated.cluster.set_minor(Minor(1, 33))
    assert cut == [True]


def test_an_unknown_body_format_is_refused() -> None:
    simulated = Simulated()
    reply = simulated("PATCH", f"{MAPS}/one", {"a": "b"}, kind="json")
    assert (reply.code, reply.reason) == (415, "UnsupportedMediaType")


def test_every_event_is_told_in_order_even_when_a_subscriber_writes() -> None:
    simulated = Simulated()
    store, seen = simulated.cluster.store, []
    from seatrial.simulator.store import Event, ResourceKey

    key = ResourceKey("", "configmaps")

    def writer(event: Event) -> None:
        if event.name == "first":
            simulated.cluster.verbs.create(key, config_map("second", namespace="default"))

    store.subscribe(writer)
    store.subscribe(lambda event: seen.append(event.name))
    simulated.cluster.verbs.create(key, config_map("first", namespace="default"))
    assert seen == ["first", "second"]


def test_autoscalers_keep_what_an_older_version_cannot_say() -> None:
    simulated = Simulated()
    url = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    memory = {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    cpu = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
    }
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"maxReplicas": 3, "scaleTargetRef": target, "metrics": [cpu, memory]}
    body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}}
    assert simulated("POST", url, {**body, "spec": spec}).code == 201
    old = simulated("GET", url.replace("/v2/", "/v1/") + "/web").body
    assert old["spec"]["targetCPUUtilizationPercentage"] == 50
    old["spec"]["maxReplicas"] = 4
    assert simulated("PUT", url.replace("/v2/", "/v1/") + "/web", old).code == 200
    new = simulated("GET", url + "/web").body
    assert (new["spec"]["maxReplicas"], new["spec"]["metrics"]) == (4, [cpu, memory])
