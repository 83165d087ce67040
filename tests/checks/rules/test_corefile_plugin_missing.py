"""Corefiles and the plugins that they need."""

from typing import Any

from tests.builders import a_node, a_snapshot, an_object
from tests.checks.corpus import Case

from seatrial.checks.rules.corefile_plugin_missing import plugins_in

CHECK = "corefile-plugin-missing"
STOCK = """
(logging) {
    errors
    log . {class denial}
}
.:53 {
    import logging
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000  # not a plugin { here
    }
    cache 30
    loop
    reload
    loadbalance
}
"""


def _corefile(text: str, name: str = "coredns", namespace: str = "kube-system") -> dict[str, Any]:
    return an_object("v1", "ConfigMap", name, namespace, data={"Corefile": text})


def _kubeadm_node() -> dict[str, Any]:
    node = a_node()
    node["metadata"]["annotations"] = {
        "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd.sock"
    }
    return node


CASES = (
    Case(
        check=CHECK,
        name="an external plugin where kubeadm brings CoreDNS",
        severities=("blocker",),
        snapshot=a_snapshot(_kubeadm_node(), _corefile(STOCK.replace("loop", "fanout . 10.0.0.1\n    loop"))),
    ),
    Case(
        check=CHECK,
        name="an external plugin and one that was removed, elsewhere",
        severities=("warning",),
        snapshot=a_snapshot(a_node(), _corefile(".:53 {\n    proxy . 10.0.0.1\n    redis\n}\n")),
    ),
    Case(
        check=CHECK,
        name="a plugin that CoreDNS has and kubeadm does not know",
        severities=("warning",),
        snapshot=a_snapshot(
            a_node(),
            an_object("v1", "ConfigMap", "kubeadm-config", "kube-system"),
            _corefile(".:53 {\n    dnssec\n    errors\n}\n"),
        ),
    ),
    Case(
        check=CHECK,
        name="the Corefile that kubeadm writes",
        severities=(),
        snapshot=a_snapshot(_kubeadm_node(), _corefile(STOCK)),
    ),
    Case(
        check=CHECK,
        name="a Corefile of somebody else's",
        severities=(),
        snapshot=a_snapshot(a_node(), _corefile(".:53 {\n    redis\n}\n", "own-dns", "dns")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_options_of_plugins_and_comments_are_no_plugins() -> None:
    assert list(plugins_in(STOCK)) == [
        *(
            "errors",
            "log",
            "health",
            "ready",
            "kubernetes",
            "prometheus",
            "forward",
            "cache",
            "loop",
            "reload",
        ),
        "loadbalance",
    ]
