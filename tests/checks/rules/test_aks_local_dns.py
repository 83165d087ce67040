"""The switch to LocalDNS on AKS."""

from typing import Any

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case, run
from tests.checks.workloads import a_workload

from seatrial.cluster.provider_state import ProviderState

CHECK = "aks-local-dns"
AKS = ProviderState(kind="aks", version="1.36.4")


def _policy(name: str, *protocols: str) -> dict[str, Any]:
    ports = [{"protocol": protocol, "port": 53} for protocol in protocols]
    spec = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"ports": ports}]}
    return an_object("networking.k8s.io/v1", "NetworkPolicy", name, "kube-system", spec=spec)


CASES = (
    Case(
        check=CHECK,
        name="an AKS cluster that goes to 1.37, with a policy for UDP alone and a cache of its own",
        severities=("warning",),
        snapshot=a_snapshot(
            _policy("dns", "UDP"),
            _policy("both", "UDP", "TCP"),
            a_workload(
                "cache", "kube-system", kind="DaemonSet", image="example.org/dns/k8s-dns-node-cache:1.23.1"
            ),
            provider=AKS,
        ),
    ),
    Case(
        check=CHECK,
        name="an AKS cluster that is there already",
        severities=(),
        snapshot=a_snapshot(_policy("dns", "UDP"), version="v1.37.0", provider=AKS),
    ),
    Case(
        check=CHECK,
        name="another provider's cluster",
        severities=(),
        snapshot=a_snapshot(_policy("dns", "UDP"), provider=ProviderState(kind="eks", version="1.36.4")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_only_the_policy_that_lets_in_udp_alone_is_named() -> None:
    (finding,) = run(CASES[0]).findings
    assert [ref.name for ref in finding.objects] == ["cache", "dns"]
