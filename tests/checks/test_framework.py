"""What the framework promises for every check: pages, order, and never clean over a gap."""

from dataclasses import replace

import msgspec
import pytest
from tests.builders import a_budget, a_deployment, a_node, a_pod, a_snapshot, forbidden
from tests.checks.reports import TARGET

from seatrial.checks.check import Check, Profile, Section
from seatrial.checks.document import report_document
from seatrial.checks.registry import all_checks, get_check, kinds_to_read
from seatrial.checks.run import check_snapshot, checks_of
from seatrial.cluster.findings import Evidence, Finding, Incomplete, Report, Severity
from seatrial.cluster.models import KINDS, Pod, PodDisruptionBudget
from seatrial.cluster.objects import GroupKind, GroupVersionResource
from seatrial.cluster.snapshot import Unread, UnreadReason
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput, ExitCode


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_each_check_has_a_page_and_reads_something(check: Check) -> None:
    assert [
        part for part in ("**What.**", "**Why.**", "**How to fix.**", "**Source.**") if part not in check.page
    ] == []
    assert check.reads
    assert check.title


def test_ids_are_unique_and_no_other_is_known() -> None:
    ids = [check.id for check in all_checks()]
    assert len(ids) == len(set(ids))
    with pytest.raises(BadInput, match="no check 'nope'"):
        get_check("nope")


@pytest.mark.parametrize(
    ("check", "kind"),
    [(check, kind) for check in all_checks() for kind in check.reads if not isinstance(kind, Section)],
    ids=lambda value: value.id if isinstance(value, Check) else value.PLURAL,
)
def test_no_check_is_clean_over_a_forbidden_kind(check: Check, kind: type[Pod]) -> None:
    found = check_snapshot(a_snapshot(unread=[forbidden(kind)]), TARGET, [check])
    assert found.exit_code is ExitCode.INCOMPLETE
    assert [(each.check, each.what) for each in found.incomplete] == [(check.id, kind.PLURAL)]
    assert "list" in found.incomplete[0].next_step


def test_group_whose_discovery_failed_makes_its_readers_incomplete() -> None:
    failed = Unread(gvr=GroupVersionResource("policy", "v1", "*"), reason=UnreadReason.FAILED, message="503")
    found = check_snapshot(a_snapshot(unread=[failed]), TARGET)
    readers = {each.id for each in checks_of(Profile.READINESS) if PodDisruptionBudget in each.reads}
    assert {each.check for each in found.incomplete} == readers


def test_kind_that_the_capture_never_asked_for_is_incomplete() -> None:
    snapshot = a_snapshot()
    bare = type(snapshot)(snapshot.meta, resources=(), metrics=snapshot.metrics)
    found = check_snapshot(bare, TARGET, [get_check("node-not-ready")])
    assert (found.exit_code, found.incomplete[0].why) == (
        ExitCode.INCOMPLETE,
        "the server does not offer this kind.",
    )
    from_file = replace(bare, meta=msgspec.structs.replace(bare.meta, portable=True))
    found = check_snapshot(from_file, TARGET, [get_check("node-not-ready")])
    assert found.incomplete[0].why == "the snapshot does not hold this kind."


def test_damaged_object_is_incomplete_not_a_crash() -> None:
    broken = a_pod("a")
    broken["spec"] = "nonsense"
    found = check_snapshot(a_snapshot(broken), TARGET, [get_check("pod-without-controller")])
    assert [each.what for each in found.incomplete] == ["Pod/a"]


def test_healthy_cluster_is_clean_in_every_check() -> None:
    budget = a_budget("web", max_unavailable=1)
    found = check_snapshot(a_snapshot(a_node(), *a_deployment("web"), budget), TARGET)
    assert (found.findings, found.incomplete, found.exit_code) == ((), (), ExitCode.CLEAN)
    on_clusters = [each.id for each in checks_of(Profile.READINESS) if not each.needs_more_than_a_cluster]
    assert list(found.checked) == on_clusters


def test_past_the_horizon_nothing_is_clean() -> None:
    found = check_snapshot(a_snapshot(a_node(kubelet="v1.37.1"), version="v1.37.1"), Minor(1, 38))
    assert found.exit_code is ExitCode.INCOMPLETE


def test_equal_clusters_give_equal_reports_whatever_the_order() -> None:
    objects = [
        a_pod("a"),
        a_pod("b", "bank"),
        *a_deployment("web"),
        a_budget("web", max_unavailable=0),
        a_node(),
    ]
    assert check_snapshot(a_snapshot(*objects), TARGET) == check_snapshot(
        a_snapshot(*reversed(objects)), TARGET
    )


def a_finding(severity: Severity) -> Finding:
    return Finding(check="c", severity=severity, title="t", message="m")


GAP = Incomplete(check="c", what="pods", why="forbidden")


@pytest.mark.parametrize(
    ("severities", "gap", "code"),
    [
        ([], False, ExitCode.CLEAN),
        ([Severity.INFO], False, ExitCode.CLEAN),
        ([Severity.WARNING, Severity.INFO], False, ExitCode.WARNINGS),
        ([Severity.WARNING], True, ExitCode.INCOMPLETE),
        ([], True, ExitCode.INCOMPLETE),
        ([Severity.BLOCKER], True, ExitCode.BLOCKERS),
    ],
)
def test_exit_code_is_the_worst_and_a_gap_is_never_clean(
    severities: list[Severity], gap: bool, code: ExitCode
) -> None:
    report = Report(
        target="1.37",
        subject="harbour",
        findings=tuple(a_finding(each) for each in severities),
        incomplete=(GAP,) if gap else (),
    )
    assert report.exit_code is code
    assert report_document(report)["exitCode"] == int(code)


def test_what_an_object_once_was_never_blocks() -> None:
    with pytest.raises(ValueError, match="never blocks"):
        Finding(check="c", severity=Severity.BLOCKER, title="t", message="m", evidence=Evidence.ONCE_WAS)


def test_report_document_keeps_its_shape() -> None:
    found = check_snapshot(a_snapshot(*a_deployment("web"), a_budget("web", max_unavailable=0)), TARGET)
    document = msgspec.json.decode(msgspec.json.encode(report_document(found)))
    assert {
        key: document[key] for key in ("format", "kind", "subject", "target", "clean", "exitCode", "counts")
    } == {
        "format": 1,
        "kind": "SeatrialReport",
        "subject": "harbour",
        "target": "1.37",
        "clean": False,
        "exitCode": 2,
        "counts": {"blockers": 1, "warnings": 0, "infos": 0, "incomplete": 0, "waived": 0, "known": 0},
    }
    assert document["findings"][0]["objects"][0] == {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "namespace": "shop",
        "name": "web",
    }


def test_capture_is_told_every_kind_that_checks_read() -> None:
    kinds = kinds_to_read()
    assert {
        GroupKind("", "Secret"),
        GroupKind("policy", "PodDisruptionBudget"),
        GroupKind("", "Node"),
    } <= kinds
    assert GroupKind("flowcontrol.apiserver.k8s.io", "FlowSchema") in kinds
    assert len(KINDS) < len(kinds)
