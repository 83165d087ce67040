"""Definitions that remember versions of old objects."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case, run
from tests.checks.rules.custom_definitions import a_definition

CHECK = "crd-stored-version"
TWO = (("v1", "served storage"), ("v1beta1", "served"))
CASES = (
    Case(
        check=CHECK,
        name="a stored version that is no longer defined",
        severities=("blocker",),
        snapshot=a_snapshot(a_definition(stored=("v1alpha1", "v1"))),
    ),
    Case(
        check=CHECK,
        name="stored versions that are not served, in two definitions of one group",
        severities=("warning",),
        snapshot=a_snapshot(
            a_definition(versions=(("v1", "served storage"), ("v1beta1", "")), stored=("v1beta1", "v1")),
            a_definition(
                "ports.example.org",
                kind="Port",
                versions=(("v1", "served storage"), ("v1beta1", "")),
                stored=("v1beta1", "v1"),
            ),
        ),
    ),
    Case(
        check=CHECK,
        name="a stored version that the add-on drops later",
        severities=("warning",),
        snapshot=a_snapshot(
            a_definition(
                "helmreleases.helm.toolkit.fluxcd.io",
                kind="HelmRelease",
                versions=(("v2", "served storage"), ("v2beta2", "served")),
                stored=("v2beta2", "v2"),
            )
        ),
    ),
    Case(
        check=CHECK,
        name="two served versions in good standing",
        severities=(),
        snapshot=a_snapshot(a_definition(versions=TWO, stored=("v1beta1", "v1"))),
    ),
    Case(
        check=CHECK,
        name="an old version that nothing is stored in",
        severities=(),
        snapshot=a_snapshot(a_definition(versions=(("v1", "served storage"), ("v1beta1", "deprecated")))),
    ),
    Case(check=CHECK, name="a cluster without definitions", severities=(), snapshot=a_snapshot()),
)


def test_finding_names_who_drops_it_and_the_way() -> None:
    (finding,) = run(CASES[2]).findings
    assert "flux helm-controller drops it in v1.5.0" in finding.message
    assert finding.fix.endswith("set status.storedVersions to [v2].")
