"""What the API servers' metric says, alone and corroborated."""

from tests.builders import a_node, a_snapshot, an_object, endpoints_of
from tests.checks.corpus import Case, run
from tests.checks.reports import report
from tests.checks.rules.test_provider_reports_removed_api import an_insight, eks
from tests.checks.rules.test_removed_api_in_audit import ADDRESSES, a_call, a_log

from seatrial.cluster.audit import AuditLog
from seatrial.cluster.findings import Finding
from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus
from seatrial.cluster.metrics import ApiMetrics, DeprecatedRequest
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.snapshot import Snapshot
from seatrial.cluster.version import Minor

CHECK = "removed-api-requested"
REQUEST = DeprecatedRequest(*ADDRESSES, "", "1.37")
COLLECTOR = a_call(
    "system:serviceaccount:kube-system:generic-garbage-collector", "kube-controller-manager/v1.36"
)
FILE = "apiVersion: networking.k8s.io/v1beta1\nkind: IPAddress\nmetadata: {name: ip}\n"


def heard(*, servers: int = 1, known: int | None = 1) -> ApiMetrics:
    return ApiMetrics(requests=(REQUEST,), servers_heard=servers, servers_known=known)


def a_release(status: ReleaseStatus = ReleaseStatus.DEPLOYED) -> ReleaseRecord:
    ref = ObjectRef("networking.k8s.io/v1beta1", "IPAddress", "", "ip")
    return ReleaseRecord("web", "shop", 3, status, ChartName("web", "1.2.3"), (ref,))


LONE = a_snapshot(metrics=heard())
CASES = (
    Case(check=CHECK, name="the metric alone", severities=("warning",), snapshot=LONE),
    Case(
        check=CHECK,
        name="a real client in the audit log",
        severities=("blocker",),
        snapshot=LONE,
        audit=a_log(a_call()),
    ),
    Case(
        check=CHECK,
        name="only the garbage collector",
        severities=("info",),
        snapshot=LONE,
        audit=a_log(COLLECTOR),
    ),
    Case(
        check=CHECK,
        name="the garbage collector and a client",
        severities=("blocker",),
        snapshot=LONE,
        audit=a_log(COLLECTOR, a_call()),
    ),
    Case(
        check=CHECK,
        name="a client that stopped long ago",
        severities=("warning",),
        snapshot=LONE,
        audit=a_log(a_call(last="2026-10-02T10:00:00.000000Z")),
    ),
    Case(
        check=CHECK,
        name="an audit log without any such call",
        severities=("warning",),
        snapshot=LONE,
        audit=a_log(),
    ),
    Case(
        check=CHECK,
        name="a client that the provider saw",
        severities=("blocker",),
        snapshot=a_snapshot(metrics=heard(known=None), provider=eks(an_insight())),
    ),
    Case(
        check=CHECK,
        name="a deployed release",
        severities=("blocker",),
        snapshot=a_snapshot(metrics=heard(), releases=[a_release()]),
    ),
    Case(
        check=CHECK,
        name="a release that is gone",
        severities=("warning",),
        snapshot=a_snapshot(metrics=heard(), releases=[a_release(ReleaseStatus.UNINSTALLED)]),
    ),
    Case(check=CHECK, name="a file", severities=("blocker",), snapshot=LONE, files=FILE),
    Case(
        check=CHECK,
        name="a version that goes later",
        severities=("info",),
        snapshot=LONE,
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a provider that hides its servers",
        severities=("info",),
        snapshot=a_snapshot(metrics=ApiMetrics(), provider=ProviderState(kind="gke", version="1.36.4")),
    ),
    Case(
        check=CHECK,
        name="a provider that only its nodes' labels tell",
        severities=("info",),
        snapshot=a_snapshot(
            a_node(labels={"kubernetes.azure.com/cluster": "c"}), metrics=ApiMetrics(servers_known=None)
        ),
    ),
    Case(
        check=CHECK,
        name="nodes of nobody's service",
        severities=(),
        snapshot=a_snapshot(
            a_node(labels={"example.com/azure": "c"}), metrics=ApiMetrics(servers_known=None)
        ),
    ),
    Case(
        check=CHECK, name="a cluster that nobody asks for anything old", severities=(), snapshot=a_snapshot()
    ),
)


def only(snapshot: Snapshot, audit: AuditLog | None = None) -> Finding:
    (finding,) = run(Case(check=CHECK, name="", severities=(), snapshot=snapshot, audit=audit)).findings
    return finding


def test_blocker_says_what_corroborates_it_and_whom_to_ask() -> None:
    finding = only(LONE, a_log(a_call()))
    assert "the audit log names system:serviceaccount:shop:deployer as deployer/v1.4, last on 2026-11-20" in (
        finding.message
    )
    assert str(finding.owner) == "client system:serviceaccount:shop:deployer as deployer/v1.4"
    finding = only(a_snapshot(metrics=heard(), releases=[a_release()]))
    assert "the deployed Helm release shop/web holds it" in finding.message
    assert str(finding.owner) == "Helm release shop/web"


def test_a_log_too_short_or_too_old_settles_nothing() -> None:
    short = AuditLog(calls=(COLLECTOR,), events=9, first="2026-11-20T10:00:00Z", last="2026-11-20T11:00:00Z")
    old = AuditLog(calls=(COLLECTOR,), events=9, first="2026-08-01T10:00:00Z", last="2026-09-01T10:00:00Z")
    broken = a_log(COLLECTOR, problems=("log:1: broken",))
    assert [only(LONE, log).severity.value for log in (short, old, broken)] == ["warning"] * 3


def test_who_once_wrote_in_that_version_is_a_hint_that_does_not_block() -> None:
    address = an_object("networking.k8s.io/v1", "IPAddress", "10.0.0.1")
    address["metadata"]["managedFields"] = [{"manager": "ip-tool", "apiVersion": "networking.k8s.io/v1beta1"}]
    finding = only(a_snapshot(address, metrics=heard()))
    assert finding.severity.value == "warning"
    assert finding.message.endswith("Written in that version once by ip-tool.")


def test_hidden_servers_are_told_only_where_nothing_else_covers_them() -> None:
    managed = a_snapshot(metrics=ApiMetrics(), version="v1.36.4-eks-1a2b3c")
    assert only(managed).title == "Not every API server can be heard"
    assert run(Case(check=CHECK, name="", severities=(), snapshot=managed)).is_clean
    assert run(Case(check=CHECK, name="", severities=(), snapshot=managed, audit=a_log())).findings == ()


def test_one_of_several_own_servers_that_was_not_asked_is_incomplete() -> None:
    three = endpoints_of("kubernetes", "default", ready=[True, True, True])
    found = report(CHECK, a_snapshot(three, metrics=ApiMetrics()))
    assert found.incomplete[0].why.startswith("1 of 3 answered")
    assert report(CHECK, a_snapshot(three, metrics=ApiMetrics(servers_heard=3))).is_clean


def test_those_that_were_not_heard_are_named_with_why() -> None:
    silent = tuple(f"10.0.0.{number}:6443 cannot be reached" for number in (2, 3))
    metrics = ApiMetrics(servers_heard=1, servers_known=3, unheard=silent)
    found = report(
        CHECK, a_snapshot(endpoints_of("kubernetes", "default", ready=[True] * 3), metrics=metrics)
    )
    assert found.incomplete[0].why == (
        "1 of 3 answered; each counts only the requests that it served."
        " 10.0.0.2:6443 cannot be reached. 10.0.0.3:6443 cannot be reached."
    )
    requested = report(CHECK, a_snapshot(metrics=heard(servers=3, known=3))).findings[0].message
    assert requested.startswith(
        "Somebody has asked one of the 3 API servers that were heard, since it started"
    )
    assert "where each API server can be reached" in found.incomplete[0].next_step
