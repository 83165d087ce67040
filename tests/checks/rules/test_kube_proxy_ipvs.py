"""kube-proxy in ipvs mode."""

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case

from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor

CHECK = "kube-proxy-ipvs"


def a_config(
    text: str, name: str = "kube-proxy", key: str = "config.conf", namespace: str = "kube-system"
) -> Obj:
    return an_object(
        "v1", "ConfigMap", name, namespace, data={key: f"kind: KubeProxyConfiguration\n{text}\n"}
    )


CASES = (
    Case(check=CHECK, name="ipvs", severities=("warning",), snapshot=a_snapshot(a_config('mode: "ipvs"'))),
    Case(
        check=CHECK,
        name="ipvs as EKS keeps it",
        severities=("warning",),
        snapshot=a_snapshot(a_config("mode: ipvs", "kube-proxy-config", "config")),
    ),
    Case(
        check=CHECK,
        name="ipvs before it was deprecated",
        severities=("info",),
        target=Minor(1, 34),
        snapshot=a_snapshot(a_config("mode: ipvs"), version="v1.33.2"),
    ),
    Case(
        check=CHECK,
        name="other modes, and the default, with settings for ipvs",
        severities=(),
        snapshot=a_snapshot(
            a_config('mode: ""\nipvs:\n  scheduler: rr'), a_config("mode: nftables", "other")
        ),
    ),
    Case(
        check=CHECK,
        name="somebody's own ConfigMap of that name",
        severities=(),
        snapshot=a_snapshot(a_config("mode: ipvs", namespace="shop")),
    ),
    Case(
        check=CHECK,
        name="ipvs in a file",
        severities=("warning",),
        files="""\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |
    kind: KubeProxyConfiguration
    mode: ipvs
""",
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
