"""The tables were checked against real Helm; `tests/charts/test_against_helm.py` still does, for some."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cluster.constraints import Constraint, SemVer, kube_version_allows
from seatrial.cluster.version import Version
from seatrial.errors import BadInput

ALLOWS = [
    ("", "1.30.1"),
    ("*", "1.30.1"),
    ("x", "1.30.1"),
    ("~0.0.0", "1.30.1"),
    (">=1.25", "1.30.1"),
    (">= 1.25", "1.30.1"),
    ("=>1.25", "1.30.1"),
    (">=v1.25.0", "1.30.1"),
    (">=1.25.0-0", "1.30.1"),
    (">=1.25.0-0 <1.34.0-0", "1.33.9"),
    (">=1.25, <1.34", "1.33.9"),
    (">=1.25 , <1.34", "1.33.9"),
    ("1.30", "1.30.7"),
    ("1.30.x", "1.30.7"),
    ("1.X", "1.30.7"),
    ("1.x.3", "1.30.7"),
    ("~1.30.1", "1.30.7"),
    ("~>1.30", "1.30.7"),
    ("~1", "1.30.7"),
    ("^1.25", "1.30.7"),
    ("^0.2.3", "0.2.9"),
    ("^0.0.3", "0.0.3"),
    ("1.25 - 1.30", "1.30.7"),
    ("1.20 - 1.24 || 1.30 - 1.31", "1.30.7"),
    ("<1.20 || >=1.30", "1.30.0"),
    ("<=1.30", "1.30.7"),
    (">1.29", "1.30.0"),
    ("!=1.29", "1.30.0"),
    ("01.030.01", "1.30.1"),
    ("1.30.1+build", "1.30.1"),
]
REFUSES = [
    (">=1.25 <1.30", "1.30.0"),
    ("<1.30.0-0", "1.30.0"),
    (">1.30", "1.30.7"),
    ("<=1.29", "1.30.0"),
    ("!=1.30", "1.30.7"),
    ("1.29", "1.30.0"),
    ("~1.30.2", "1.30.1"),
    ("~1.30", "1.31.0"),
    ("^1.31", "1.30.9"),
    ("^1", "2.0.0"),
    ("^*", "1.30.1"),
    ("<=*", "1.30.1"),
    ("^0.2.3", "0.3.0"),
    ("^0.0.3", "0.0.4"),
    ("1.25 - 1.30.0", "1.30.1"),
]
BROKEN = [
    " ",
    "abc",
    "||",
    "1.25 ||",
    ">=1.25,",
    ">=1.25,,<2",
    ">=1.25<2",
    "1.25-1.30.",
    "1..2",
    "1.2.3.4",
    "1.25.",
    "==1.30",
    "> = 1.2",
    "1.xx",
    ">= 1.25.0 - 1.30",
    "1.25 | 1.30",
    "9" * 5000,
]


@pytest.mark.parametrize(("constraint", "version"), ALLOWS)
def test_constraint_allows_the_version(constraint: str, version: str) -> None:
    assert kube_version_allows(constraint, Version.parse(version))


@pytest.mark.parametrize(("constraint", "version"), REFUSES)
def test_constraint_refuses_the_version(constraint: str, version: str) -> None:
    assert not kube_version_allows(constraint, Version.parse(version))


@pytest.mark.parametrize("text", BROKEN)
def test_text_that_helm_cannot_parse_allows_nothing_and_says_so(text: str) -> None:
    assert not kube_version_allows(text, Version(1, 30, 1))
    with pytest.raises(BadInput) as refused:
        Constraint.parse(text)
    assert "Helm" in refused.value.what


@pytest.mark.parametrize(
    ("constraint", "helm_4", "helm_3"),
    [
        (">=1.25", True, False),
        (">=1.25.0-0", True, True),
        (">=1.25.0-0 <1.34.0", True, False),
        (">=1.25.0-0 <1.34.0-0", True, True),
        (">=1.30.5-0", False, False),
        ("<1.30.1", False, False),
    ],
)
def test_suffix_of_a_provider_counts_for_helm_3_only(constraint: str, helm_4: bool, helm_3: bool) -> None:
    server = "v1.30.1-eks-1a2b3c"
    assert kube_version_allows(constraint, Version.parse(server)) is helm_4
    assert kube_version_allows(constraint, server) is helm_3


def test_build_metadata_of_a_distribution_does_not_count() -> None:
    assert kube_version_allows(">=1.25", "v1.30.1+k3s1")


def test_versions_sort_as_semver_says() -> None:
    ordered = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0",
        "1.0.1",
    ]
    assert sorted(set(ordered), key=lambda text: SemVer.parse(text).precedence) == ordered


numbers = st.integers(0, 40)
versions = st.builds(Version, numbers, numbers, numbers)


@given(versions, versions)
def test_less_and_at_least_are_opposites(bound: Version, asked: Version) -> None:
    assert kube_version_allows(f"<{bound}", asked) != kube_version_allows(f">={bound}", asked)
    assert kube_version_allows(f">{bound}", asked) != kube_version_allows(f"<={bound}", asked)
    assert kube_version_allows(f"={bound}", asked) == (bound == asked)
    assert kube_version_allows(f"!={bound}", asked) == (bound != asked)


@given(versions, versions)
def test_tilde_lies_within_caret_above_major_zero(bound: Version, asked: Version) -> None:
    if bound.major and kube_version_allows(f"~{bound}", asked):
        assert kube_version_allows(f"^{bound}", asked)


@given(versions, versions, versions)
def test_hyphen_is_a_closed_range_and_or_is_a_union(low: Version, high: Version, asked: Version) -> None:
    assert kube_version_allows(f"{low} - {high}", asked) == (low <= asked <= high)
    either = kube_version_allows(f"{low} || {high}", asked)
    assert either == (asked in (low, high))


@given(st.text(alphabet="0123456789.xX*-+<>=!~^|, vabc", max_size=30))
def test_any_text_is_parsed_or_refused_as_bad_input(text: str) -> None:
    assert kube_version_allows(text, Version(1, 30, 1)) in (True, False)
