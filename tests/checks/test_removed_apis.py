"""Removed APIs: in files, in Helm releases, asked for by clients, and only remembered."""

import json

import pytest
from tests.builders import a_snapshot, an_object, endpoints_of, forbidden
from tests.checks.reports import gaps, report, report_on_text, said

from seatrial.cluster.findings import Evidence
from seatrial.cluster.helm_release import BrokenRecord, ChartName, ReleaseRecord, ReleaseStatus
from seatrial.cluster.metrics import ApiMetrics, DeprecatedRequest
from seatrial.cluster.models import Secret
from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.version import Minor
from seatrial.errors import ExitCode

IP_V1BETA1 = "apiVersion: networking.k8s.io/v1beta1\nkind: IPAddress\nmetadata: {name: ip}\n"


# removed-api-in-file


def test_file_with_a_version_that_the_target_drops_is_a_blocker_at_its_line() -> None:
    found = report_on_text("# first\n" + IP_V1BETA1, Minor(1, 37))
    assert said(found) == [("blocker", ("ipaddress/ip",))]
    (finding,) = found.findings
    assert finding.location == "app.yaml:2"
    assert finding.evidence is Evidence.WILL_BE_APPLIED_AGAIN
    assert "gone since Kubernetes 1.37" in finding.message
    assert "networking.k8s.io/v1 IPAddress (served since 1.33)" in finding.fix


def test_same_file_one_minor_earlier_is_only_a_notice() -> None:
    found = report_on_text(IP_V1BETA1, Minor(1, 36))
    assert said(found) == [("info", ("ipaddress/ip",))]
    assert found.exit_code is ExitCode.CLEAN


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("apiVersion: apps/v7\nkind: Deployment\n", "has ever served apps/v7 Deployment"),
        (
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n",
            "served only from Kubernetes 1.23 on",
        ),
    ],
)
def test_version_that_never_was_or_is_not_yet_is_a_blocker(text: str, why: str) -> None:
    (finding,) = report_on_text(text, Minor(1, 22)).findings
    assert why in finding.message


def test_kind_that_never_was_is_a_warning_and_a_kubeconfig_is_nothing() -> None:
    found = report_on_text("apiVersion: apps/v1\nkind: Deploymint\nmetadata: {name: web}\n")
    assert said(found) == [("warning", ("deploymint/web",))]
    assert report_on_text("apiVersion: v1\nkind: Config\nclusters: []\n").is_clean


def test_file_of_an_add_on_or_current_version_is_clean() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\n---\n"
        "apiVersion: cert-manager.io/v1\nkind: Issuer\n---\n"
        "apiVersion: snapshot.storage.k8s.io/v1beta1\nkind: VolumeSnapshot\n"
    )
    assert report_on_text(text).is_clean


def test_broken_document_is_incomplete_and_the_others_are_checked() -> None:
    found = report_on_text("kind: [\n---\n" + IP_V1BETA1)
    assert [each.objects for each in found.findings] == [
        (ObjectRef("networking.k8s.io/v1beta1", "IPAddress", "", "ip"),)
    ]
    assert [each.location.partition(":")[0] for each in found.incomplete] == ["app.yaml"]


def test_past_the_horizon_is_incomplete_but_what_is_gone_still_blocks() -> None:
    clean = report_on_text("apiVersion: apps/v1\nkind: Deployment\n", Minor(1, 38))
    assert gaps(clean) == ["Kubernetes 1.38"]
    assert clean.exit_code is ExitCode.INCOMPLETE
    assert "does not know" in clean.incomplete[0].why
    assert report_on_text(IP_V1BETA1, Minor(1, 38)).exit_code is ExitCode.BLOCKERS


# removed-api-in-release

PDB_V1BETA1 = ObjectRef("policy/v1beta1", "PodDisruptionBudget", "", "web")


def a_release(
    name: str = "web",
    *,
    revision: int = 1,
    status: ReleaseStatus = ReleaseStatus.DEPLOYED,
    objects: tuple[ObjectRef, ...] = (PDB_V1BETA1,),
    unreadable: str = "",
) -> ReleaseRecord:
    return ReleaseRecord(
        name=name,
        namespace="shop",
        revision=revision,
        status=status,
        chart=ChartName("web", "1.2.3"),
        objects=objects,
        unreadable=unreadable,
    )


def test_deployed_release_with_a_removed_version_is_a_blocker() -> None:
    two = (PDB_V1BETA1, PDB_V1BETA1._replace(name="api"))
    found = report("removed-api-in-release", a_snapshot(releases=[a_release(objects=two)]))
    assert said(found) == [
        ("blocker", ("shop/poddisruptionbudget/api", "shop/poddisruptionbudget/web")),
    ]
    (finding,) = found.findings
    assert str(finding.owner) == "Helm release shop/web"
    assert "revision 1 (chart web 1.2.3) holds 2 objects" in finding.message


def test_older_revision_and_a_failed_later_one_do_not_count() -> None:
    current = ObjectRef("policy/v1", "PodDisruptionBudget", "", "web")
    records = [
        a_release(revision=1, status=ReleaseStatus.SUPERSEDED),
        a_release(revision=2, objects=(current,)),
        a_release(revision=3, status=ReleaseStatus.FAILED),
    ]
    assert said(report("removed-api-in-release", a_snapshot(releases=records))) == []


def test_release_that_cannot_be_read_is_incomplete() -> None:
    secret = ObjectRef("v1", "Secret", "shop", "sh.helm.release.v1.web.v1")
    snapshot = a_snapshot(
        releases=[a_release(objects=(), unreadable="the rendered manifest is not valid YAML.")],
        broken_releases=[BrokenRecord(secret, "it is cut off")],
    )
    assert gaps(report("removed-api-in-release", snapshot)) == [
        "shop/secret/sh.helm.release.v1.web.v1",
        "release shop/web revision 1",
    ]


def test_forbidden_secrets_make_releases_incomplete() -> None:
    found = report("removed-api-in-release", a_snapshot(unread=[forbidden(Secret)]))
    assert gaps(found) == ["Helm's records (secrets)"]
    assert found.exit_code is ExitCode.INCOMPLETE


def test_secrets_forbidden_in_one_namespace_still_checks_the_others() -> None:
    found = report(
        "removed-api-in-release",
        a_snapshot(unread=[forbidden(Secret, "bank")], releases=[a_release()]),
    )
    assert len(found.findings) == 1
    assert [each.what for each in found.incomplete] == ["Helm's records (secrets) in namespace bank"]


def test_cluster_without_releases_is_clean() -> None:
    assert report("removed-api-in-release", a_snapshot()).is_clean


# removed-api-requested

IP_REQUEST = DeprecatedRequest("networking.k8s.io", "v1beta1", "ipaddresses", "", "1.37")


def heard(*requests: DeprecatedRequest, servers: int = 1, known: int | None = 1) -> ApiMetrics:
    return ApiMetrics(requests=requests, servers_heard=servers, servers_known=known)


def test_facts_win_over_the_removal_that_was_planned_when_the_server_was_built() -> None:
    wrong_plan = DeprecatedRequest("networking.k8s.io", "v1beta1", "ipaddresses", "", "1.99")
    found = report("removed-api-requested", a_snapshot(metrics=heard(wrong_plan)))
    assert [each.severity.value for each in found.findings] == ["warning"]


def test_version_that_goes_later_is_only_a_notice() -> None:
    found = report("removed-api-requested", a_snapshot(metrics=heard(IP_REQUEST)), Minor(1, 36))
    assert [each.severity.value for each in found.findings] == ["info"]


def test_deprecated_version_without_a_removal_is_nothing() -> None:
    endpoints = DeprecatedRequest("", "v1", "endpoints")
    assert report("removed-api-requested", a_snapshot(metrics=heard(endpoints))).is_clean


def test_unread_metrics_are_incomplete() -> None:
    assert gaps(report("removed-api-requested", a_snapshot(metrics=None))) == ["metrics of the API servers"]


def test_an_api_server_that_was_not_heard_makes_it_incomplete() -> None:
    found = report("removed-api-requested", a_snapshot(metrics=heard(servers=1, known=3)))
    assert gaps(found) == ["metrics of the API servers"]
    assert found.incomplete[0].why.startswith("1 of 3 answered")


def test_api_servers_are_counted_by_the_endpoints_of_their_service() -> None:
    three = endpoints_of("kubernetes", "default", ready=[True, True, True])
    found = report("removed-api-requested", a_snapshot(three, metrics=heard(known=None)))
    assert found.incomplete[0].why.startswith("1 of 3 answered")
    one = endpoints_of("kubernetes", "default")
    assert report("removed-api-requested", a_snapshot(one, metrics=heard(known=None))).is_clean


def test_cluster_that_nobody_asked_for_deprecated_versions_is_clean() -> None:
    assert report("removed-api-requested", a_snapshot()).is_clean


# removed-api-remembered


def a_budget_written_as(version: str, *, last_applied: str = "") -> Obj:
    budget = an_object("policy/v1", "PodDisruptionBudget", "web", "shop")
    budget["metadata"]["managedFields"] = [
        {"manager": "kubectl", "operation": "Update", "apiVersion": version, "fieldsV1": {"f:spec": {}}}
    ]
    if last_applied:
        text = json.dumps({"apiVersion": last_applied, "kind": "PodDisruptionBudget"})
        budget["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": text}
    return budget


@pytest.mark.parametrize(
    "budget",
    [a_budget_written_as("policy/v1beta1"), a_budget_written_as("policy/v1", last_applied="policy/v1beta1")],
)
def test_what_only_history_remembers_informs_and_never_blocks(budget: Obj) -> None:
    found = report("removed-api-remembered", a_snapshot(budget))
    assert said(found) == [("info", ("shop/poddisruptionbudget/web",))]
    assert found.exit_code is ExitCode.CLEAN
    assert found.findings[0].evidence is Evidence.ONCE_WAS


def test_object_written_in_a_served_version_is_not_mentioned() -> None:
    found = report(
        "removed-api-remembered", a_snapshot(a_budget_written_as("policy/v1", last_applied="policy/v1"))
    )
    assert said(found) == []


def test_last_applied_that_is_a_token_or_damaged_is_passed_over() -> None:
    budget = a_budget_written_as("policy/v1")
    budget["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{broken"}
    assert said(report("removed-api-remembered", a_snapshot(budget))) == []
