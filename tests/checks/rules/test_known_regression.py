"""Bugs of a target's first patches."""

from tests.builders import a_snapshot, a_stateful_set
from tests.checks.corpus import Case
from tests.checks.rules.test_kube_proxy_ipvs import a_config
from tests.checks.workloads import a_workload

from seatrial.cluster.objects import Obj
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.version import Minor

CHECK = "known-regression"
TO = Minor(1, 35)


def _offering(*versions: str) -> ProviderState:
    return ProviderState(kind="eks", version="1.34.9", available_versions=versions)


def _parallel() -> Obj:
    stateful = a_workload("cache", kind="StatefulSet")
    stateful["spec"]["podManagementPolicy"] = "Parallel"
    return stateful


CASES = (
    Case(
        check=CHECK,
        name="a provider whose newest patch has the bug",
        severities=("warning", "warning"),
        snapshot=a_snapshot(
            _parallel(), version="v1.34.9", provider=_offering("1.35.1", "1.35.3", "1.34.10")
        ),
        target=TO,
    ),
    Case(
        check=CHECK,
        name="objects that would notice, and nobody says which patch comes",
        severities=("info",),
        snapshot=a_snapshot(_parallel(), version="v1.34.9"),
        target=TO,
    ),
    Case(
        check=CHECK,
        name="a provider whose patch has the bugs mended",
        severities=(),
        snapshot=a_snapshot(_parallel(), version="v1.34.9", provider=_offering("1.35.7", "1.36.1")),
        target=TO,
    ),
    Case(
        check=CHECK,
        name="ordered StatefulSets, and a provider that names minors only",
        severities=(),
        snapshot=a_snapshot(*a_stateful_set("db"), version="v1.34.9", provider=_offering("1.35")),
        target=TO,
    ),
    Case(
        check=CHECK,
        name="kube-proxy in ipvs mode, which one more of the bugs is about",
        severities=("warning", "warning", "warning"),
        snapshot=a_snapshot(a_config("mode: ipvs"), version="v1.34.9", provider=_offering("1.35.0")),
        target=TO,
    ),
    Case(
        check=CHECK,
        name="kube-proxy in another mode",
        severities=("warning", "warning"),
        snapshot=a_snapshot(a_config("mode: nftables"), version="v1.34.9", provider=_offering("1.35.0")),
        target=TO,
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
