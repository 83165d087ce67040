"""Clients that the audit log names."""

import pytest
from tests.builders import a_snapshot
from tests.checks.corpus import Case, run

from seatrial.checks.registry import get_check
from seatrial.checks.run import Inputs, check_inputs
from seatrial.cluster.audit import AuditLog, DeprecatedCall
from seatrial.cluster.findings import Report
from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster.version import Minor
from seatrial.errors import ExitCode

CHECK = "removed-api-in-audit"
ADDRESSES = GroupVersionResource("networking.k8s.io", "v1beta1", "ipaddresses")
DEPLOYER = "system:serviceaccount:shop:deployer"


def a_call(
    user: str = DEPLOYER,
    agent: str = "deployer/v1.4",
    *,
    gvr: GroupVersionResource = ADDRESSES,
    verbs: tuple[str, ...] = ("list",),
    count: int = 3,
    last: str = "2026-11-20T10:00:00.000000Z",
    removed: str = "1.37",
) -> DeprecatedCall:
    return DeprecatedCall(
        gvr=gvr,
        user=user,
        user_agent=agent,
        verbs=verbs,
        count=count,
        namespaces=("shop",),
        first="2026-11-19T10:00:00.000000Z",
        last=last,
        removed_release=removed,
    )


def a_log(*calls: DeprecatedCall, problems: tuple[str, ...] = ()) -> AuditLog:
    return AuditLog(
        calls=calls,
        events=1000,
        first="2026-10-01T00:00:00.000000Z",
        last="2026-11-21T00:00:00.000000Z",
        problems=problems,
    )


CASES = (
    Case(check=CHECK, name="a client of a version that goes", severities=("blocker",), audit=a_log(a_call())),
    Case(
        check=CHECK,
        name="a client of a version that goes later",
        severities=("info",),
        audit=a_log(a_call()),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a client that stopped long ago",
        severities=("warning",),
        audit=a_log(a_call(last="2026-10-03T10:00:00.000000Z")),
    ),
    Case(
        check=CHECK,
        name="two programs and the garbage collector",
        severities=("blocker", "blocker", "info"),
        snapshot=a_snapshot(),
        audit=a_log(
            a_call(),
            a_call("alice", "kubectl/v1.29.4 (linux/amd64)", verbs=("patch",)),
            a_call(
                "system:serviceaccount:kube-system:generic-garbage-collector", "kube-controller-manager/v1.36"
            ),
        ),
    ),
    Case(
        check=CHECK,
        name="a deprecated version without a date of removal",
        severities=(),
        audit=a_log(a_call(gvr=GroupVersionResource("", "v1", "endpoints"), removed="")),
    ),
    Case(
        check=CHECK,
        name="a deprecated version of a custom resource",
        severities=("info",),
        audit=a_log(a_call(gvr=GroupVersionResource("example.org", "v1beta1", "ships"), removed="")),
    ),
    Case(check=CHECK, name="a log in which nobody calls anything deprecated", severities=(), audit=a_log()),
)

HARMLESS = [
    ("system:serviceaccount:kube-system:generic-garbage-collector", "x", "watch", "garbage collector"),
    (
        "system:serviceaccount:kube-system:namespace-controller",
        "x",
        "deletecollection",
        "namespace controller",
    ),
    (
        "system:kube-controller-manager",
        "kube-controller-manager/v1.36.1 (linux/amd64)",
        "watch",
        "kube-contr",
    ),
    ("system:serviceaccount:velero:velero", "velero-server/v1.13 (linux/amd64)", "list", "Velero"),
    ("alice", "seatrial/0.1.0", "list", "Seatrial"),
    ("alice", "kubectl/v1.29.4 (linux/amd64) kubernetes/55019c8", "get", "kubectl, reading"),
]


def said(*calls: DeprecatedCall, problems: tuple[str, ...] = ()) -> Report:
    case = Case(check=CHECK, name="", severities=(), audit=a_log(*calls, problems=problems))
    return run(case)


@pytest.mark.parametrize(("user", "agent", "verb", "who"), HARMLESS, ids=[each[3] for each in HARMLESS])
def test_who_follows_what_the_server_offers_blocks_nothing(
    user: str, agent: str, verb: str, who: str
) -> None:
    (finding,) = said(a_call(user, agent, verbs=(verb,))).findings
    assert finding.severity.value == "info"
    assert who in finding.message


def test_finding_names_user_program_count_last_day_and_replacement() -> None:
    (finding,) = said(a_call()).findings
    assert str(finding.owner) == f"client {DEPLOYER} as deployer/v1.4"
    assert finding.message == (
        f"{DEPLOYER} as deployer/v1.4 called networking.k8s.io/v1beta1 ipaddresses (is gone in 1.37):"
        " 3 calls (list), last on 2026-11-20, in namespaces shop."
    )
    assert "networking.k8s.io/v1 IPAddress" in finding.fix


def test_what_a_client_calls_itself_cannot_paint_the_terminal() -> None:
    (finding,) = said(a_call(agent="evil\x1b[2J" + "x" * 5000)).findings
    assert "\x1b" not in finding.message
    assert len(finding.message) < 500


def test_unreadable_lines_make_it_incomplete() -> None:
    found = said(problems=("audit.log:7: broken",))
    assert [(each.what, each.why) for each in found.incomplete] == [("audit log", "audit.log:7: broken")]
    assert found.exit_code is ExitCode.INCOMPLETE


def test_without_an_audit_log_it_does_not_run() -> None:
    assert check_inputs(Inputs("x", snapshot=a_snapshot()), Minor(1, 37), [get_check(CHECK)]).checked == ()
