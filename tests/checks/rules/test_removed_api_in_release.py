"""Deployed Helm releases that hold what the target lacks."""

import base64
import gzip
import json

from tests.builders import a_snapshot, forbidden
from tests.checks.corpus import Case, run

from seatrial.cluster.helm_release import (
    ChartName,
    ReleaseHook,
    ReleaseRecord,
    ReleaseStatus,
    read_releases,
)
from seatrial.cluster.models import ConfigMap
from seatrial.cluster.objects import Obj, ObjectRef

CHECK = "removed-api-in-release"
OLD = ObjectRef("policy/v1beta1", "PodDisruptionBudget", "", "web")
NEW = ObjectRef("policy/v1", "PodDisruptionBudget", "", "web")


def a_revision(
    number: int,
    *objects: ObjectRef,
    status: ReleaseStatus = ReleaseStatus.DEPLOYED,
    hooks: tuple[ReleaseHook, ...] = (),
) -> ReleaseRecord:
    return ReleaseRecord("web", "shop", number, status, ChartName("web", "1.2.3"), objects, hooks)


def a_stored_record(kind: str) -> Obj:
    """As Helm writes it: a Secret's data are encoded once more."""
    release = {
        "name": "web",
        "namespace": "shop",
        "version": 1,
        "info": {"status": "deployed"},
        "manifest": "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n",
    }
    data = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return {
        "kind": kind,
        "metadata": {"name": "sh.helm.release.v1.web.v1", "namespace": "shop"},
        "data": {"release": (base64.b64encode(data) if kind == "Secret" else data).decode()},
    }


def a_case(name: str, expected: tuple[str, ...], *releases: ReleaseRecord) -> Case:
    return Case(check=CHECK, name=name, severities=expected, snapshot=a_snapshot(releases=releases))


UNINSTALL = ReleaseHook("clean", "PodDisruptionBudget", "policy/v1beta1", ("pre-delete",))
INSTALL = ReleaseHook("prepare", "PodDisruptionBudget", "policy/v1beta1", ("pre-upgrade",))
CASES = (
    a_case("a deployed revision", ("blocker",), a_revision(1, OLD)),
    a_case(
        "a failed revision after it",
        ("blocker",),
        a_revision(1, OLD),
        a_revision(2, NEW, status=ReleaseStatus.FAILED),
    ),
    a_case("a hook that runs on uninstall", ("warning",), a_revision(1, NEW, hooks=(UNINSTALL,))),
    a_case("a hook that the next chart replaces", (), a_revision(1, NEW, hooks=(INSTALL,))),
    a_case("an older revision that is still called deployed", (), a_revision(1, OLD), a_revision(2, NEW)),
    a_case(
        "a superseded revision", (), a_revision(1, OLD, status=ReleaseStatus.SUPERSEDED), a_revision(2, NEW)
    ),
    a_case("a cluster without releases", ()),
)


def test_records_in_secrets_and_in_config_maps_count_alike() -> None:
    for kind in ("Secret", "ConfigMap"):
        records, broken = read_releases([a_stored_record(kind)])
        (finding,) = run(a_case("", (), *records)).findings
        assert (finding.severity.value, str(finding.owner), broken) == (
            "blocker",
            "Helm release shop/web",
            (),
        )


def test_forbidden_config_maps_make_it_incomplete_and_records_in_secrets_are_checked() -> None:
    found = run(
        Case(
            check=CHECK,
            name="",
            severities=(),
            snapshot=a_snapshot(releases=[a_revision(1, OLD)], unread=[forbidden(ConfigMap)]),
        )
    )
    assert [each.severity.value for each in found.findings] == ["blocker"]
    assert [each.what for each in found.incomplete] == ["Helm's records (configmaps)"]


def test_releases_of_one_chart_are_one_finding_that_names_each() -> None:
    def installed(name: str, version: str = "1.2.3") -> ReleaseRecord:
        held = ObjectRef("policy/v1beta1", "PodDisruptionBudget", "", name)
        chart = ChartName("service", version)
        return ReleaseRecord(name, "shop", 1, ReleaseStatus.DEPLOYED, chart, (held,), (UNINSTALL,))

    blocker, other, hook, others_hook = run(
        a_case("", (), installed("a"), installed("b"), installed("c", "2.0.0"))
    ).findings
    assert [str(each) for each in blocker.managers] == ["Helm release shop/a", "Helm release shop/b"]
    assert (blocker.owner, len(blocker.objects), str(other.owner)) == (None, 2, "Helm release shop/c")
    assert "2 releases of chart service 1.2.3 (shop/a, shop/b)" in blocker.message
    assert "2 releases of chart service 1.2.3 (shop/a, shop/b)" in hook.message
    assert "release shop/c" in others_hook.message
