"""What random damage once broke, each by itself (tests/checks/test_robustness.py finds more)."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.builders import NOW, a_deployment, a_pod, a_snapshot, an_object
from tests.checks.reports import TARGET

from seatrial.capture.redact import portable
from seatrial.checks.cluster_reports import ClusterReport
from seatrial.checks.formats.html import html_page
from seatrial.checks.registry import get_check
from seatrial.checks.run import check_snapshot
from seatrial.cli.output import OutputFormat, print_data
from seatrial.cluster.findings import Report
from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.models import Pod
from seatrial.cluster.models.metadata import decode
from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import BadFormat
from seatrial.fixes import fix_file
from seatrial.fixes.reverting import reverted_by

HALF = b'{"metadata": {"name": "\\ud800"}}'
DEEP = b"[" * 5000


def _with_pods(*items: bytes) -> Snapshot:
    snapshot = a_snapshot()
    lists = (replace(each, items=items) if each.kind == "Pod" else each for each in snapshot.resources)
    return replace(snapshot, resources=tuple(lists))


@pytest.mark.parametrize("item", [HALF, b"{", b"[]", b"null", DEEP, b'{"a": ' * 3000])
def test_what_is_no_json_object_is_incomplete_live_and_portable(item: bytes) -> None:
    snapshot = _with_pods(item)
    for each in (snapshot, portable(snapshot)):
        report = check_snapshot(each, TARGET, [get_check("pod-without-controller")])
        assert len(report.incomplete) == 1
        assert "does not handle" not in report.incomplete[0].why
        with pytest.raises(BadFormat):
            each.objects(Pod.group_kind())


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": ["s3cret"]},
        {"annotations": "s3cret"},
        {"managedFields": "s3cret"},
        {"managedFields": ["s3cret", {"manager": "kubectl", "fieldsV1": {"s3cret": {}}}]},
    ],
)
def test_damaged_metadata_leave_a_portable_snapshot_without_their_text(metadata: dict[str, Any]) -> None:
    pod = a_pod("a")
    pod["metadata"] |= metadata
    template = an_object("apps/v1", "Deployment", "a", "shop", spec={"template": {"metadata": "s3cret"}})
    items = [item for each in portable(a_snapshot(pod, template)).resources for item in each.items]
    assert len(items) == 2
    assert [item for item in items if b"s3cret" in bytes(item)] == []


def test_a_damaged_object_names_no_owner_and_ends_no_run() -> None:
    namespace = an_object("v1", "Namespace", "shop", labels={"team": "shop"})
    broken = an_object("v1", "Namespace", "bank")
    broken["metadata"]["generation"] = "many"
    report = check_snapshot(
        a_snapshot(namespace, broken, a_pod("bare")), TARGET, [get_check("pod-without-controller")]
    )
    assert [each.responsible for each in report.findings] == [("team=shop",)]


def test_owners_written_with_nulls_and_damaged_autoscalers_are_read() -> None:
    deployment, *_ = a_deployment("web")
    deployment["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "Thing", "name": "boss", "uid": None, "controller": True}
    ]
    scalers: list[Obj] = [{"spec": "x"}, {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}}]
    assert (
        reverted_by(deployment, {"spec": {"replicas": 3}}, scalers)
        == "Thing boss, which controls the object,"
    )


@pytest.mark.parametrize("metadata", [None, "x", ["x"], 3])
def test_an_object_with_odd_metadata_has_no_name(metadata: Any) -> None:
    found = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    assert ObjectRef.of(found) == ObjectRef("v1", "Pod", "", "")


def test_a_manifest_with_odd_metadata_is_fixed_like_any_other() -> None:
    text = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: web\nspec: {maxUnavailable: 1}\n"
    fix = fix_file(text, "app.yaml", TARGET)
    assert fix.before == text
    assert "maxUnavailable: 1" in fix.after


def test_half_a_character_in_json_is_read_as_go_reads_it() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a\ud800b😀"}})
    (found,) = parse_manifests(text, "app.json").found
    assert found.name == "a\ufffdb😀"


def test_json_with_half_a_character_is_no_file_to_edit() -> None:
    old = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a\ud800b"}}
    fix = fix_file(json.dumps(old), "app.json", TARGET)
    assert fix.after == fix.before
    assert [each.why for each in fix.refused] == [
        "it holds a character in two halves (\\ud83d\\ude00), which YAML does not read."
    ]


def test_custom_resource_that_is_a_list_of_metadata_ends_no_check() -> None:
    thing = an_object(
        "example.org/v1", "Thing", "a", spec={"nodeSelector": {"beta.kubernetes.io/os": "linux"}}
    )
    thing["metadata"] = []
    report = check_snapshot(a_snapshot(thing), TARGET, [get_check("legacy-label-in-custom-resource")])
    assert report.incomplete == ()
    assert [each.objects[0].name for each in report.findings] == [""]


def test_nothing_steers_a_terminal_or_a_page() -> None:
    said = io.StringIO()
    with redirect_stdout(said):
        print_data({"name": "\x9b2J\x7f\u202e\x1b[2J é"}, OutputFormat.JSON)
    assert said.getvalue() == '{\n  "name": "\\u009b2J\\u007f\\u202e\\u001b[2J é"\n}\n'
    assert msgspec.json.decode(said.getvalue()) == {"name": "\x9b2J\x7f\u202e\x1b[2J é"}
    cluster = ClusterReport(
        cluster="a\x1b[2J\u202eb", version="", report=Report(target="1.37", subject="\x00")
    )
    page = html_page([cluster, cluster], made=str(NOW))
    assert "a\ufffd[2J\ufffdb" in page
    assert [each for each in ("\x00", "\x1b", "\u202e") if each in page] == []


def test_damage_is_told_without_a_traceback() -> None:
    with pytest.raises(BadFormat, match="valid JSON"):
        decode(Pod, HALF)
