"""Custom resources in versions that their definitions leave behind."""

from tests.builders import a_snapshot, an_api_service, an_object
from tests.checks.corpus import Case, run
from tests.checks.rules.custom_definitions import a_definition

from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus
from seatrial.cluster.objects import Obj, ObjectRef

CHECK = "custom-version-outdated"
SHIPS = a_definition(versions=(("v1", "served storage"), ("v1beta1", "served deprecated"), ("v1alpha1", "")))
FLUX = a_definition(
    "helmreleases.helm.toolkit.fluxcd.io",
    kind="HelmRelease",
    versions=(("v2", "served storage"), ("v2beta2", "served")),
)


def a_release(
    api_version: str, kind: str = "Ship", status: ReleaseStatus = ReleaseStatus.DEPLOYED
) -> ReleaseRecord:
    return ReleaseRecord(
        "web", "shop", 1, status, ChartName("web", "1.2.3"), (ObjectRef(api_version, kind, "", "one"),)
    )


def a_case(name: str, expected: tuple[str, ...], *objects: Obj, release: ReleaseRecord | None = None) -> Case:
    snapshot = a_snapshot(*objects, releases=[release] if release else [])
    return Case(check=CHECK, name=name, severities=expected, snapshot=snapshot)


WRITTEN = an_object("example.org/v1", "Ship", "one", "shop")
WRITTEN["metadata"]["managedFields"] = [{"manager": "old-tool", "apiVersion": "example.org/v1beta1"}]
CASES = (
    a_case("a version that is not served", ("warning",), SHIPS, release=a_release("example.org/v1alpha1")),
    a_case(
        "a version that is gone from the definition", ("warning",), SHIPS, release=a_release("example.org/v0")
    ),
    a_case("a deprecated version", ("warning",), SHIPS, release=a_release("example.org/v1beta1")),
    a_case(
        "a version that the add-on drops later",
        ("warning",),
        FLUX,
        release=a_release("helm.toolkit.fluxcd.io/v2beta2", "HelmRelease"),
    ),
    a_case("a kind without a definition", ("warning",), release=a_release("example.org/v1")),
    a_case("only a field manager remembers", ("info",), SHIPS, WRITTEN),
    a_case("the version that is stored", (), SHIPS, release=a_release("example.org/v1")),
    a_case(
        "an old revision",
        (),
        SHIPS,
        release=a_release("example.org/v1alpha1", status=ReleaseStatus.UNINSTALLED),
    ),
    a_case(
        "a kind of an aggregated API",
        (),
        an_api_service("v1.example.org"),
        release=a_release("example.org/v1"),
    ),
    a_case("built-in kinds", (), release=a_release("apps/v1", "Deployment")),
    Case(
        check=CHECK,
        name="a file",
        severities=("warning",),
        snapshot=a_snapshot(SHIPS),
        files="apiVersion: example.org/v1beta1\nkind: Ship\nmetadata: {name: one}\n",
    ),
    Case(
        check=CHECK,
        name="a file of a kind that is not installed here",
        severities=(),
        snapshot=a_snapshot(),
        files="apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
    ),
    a_case("an empty cluster", ()),
)


def test_finding_names_holder_component_and_successor() -> None:
    (finding,) = run(CASES[3]).findings
    assert finding.message == (
        "Helm release shop/web holds helmrelease/one as helm.toolkit.fluxcd.io/v2beta2 HelmRelease:"
        " v2beta2 is on its way out (flux helm-controller: deprecated in v1.0.0, gone in v1.5.0);"
        " applying works until the add-on drops it."
    )
    assert finding.fix == "Write them as helm.toolkit.fluxcd.io/v2 HelmRelease."
    (unserved,) = run(CASES[0]).findings
    assert unserved.fix == "Write them as example.org/v1 Ship."
