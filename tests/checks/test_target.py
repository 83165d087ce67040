"""Targets that cannot be reached, or are out of support."""

from datetime import UTC, datetime

import pytest
from tests.builders import a_snapshot
from tests.checks.reports import gaps, report, said

from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.version import Minor

CHECK = "target-reachable"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def titles(version: str, target: Minor, provider: str = "", at: datetime = NOW) -> list[tuple[str, str]]:
    state = ProviderState(kind=provider, version=version.removeprefix("v")) if provider else None
    found = report(CHECK, a_snapshot(version=version, provider=state, captured_at=at), target)
    return [(each.severity.value, each.title) for each in found.findings]


def test_next_minor_in_support_is_clean() -> None:
    assert report(CHECK, a_snapshot(version="v1.36.4"), Minor(1, 37)).is_clean


def test_same_minor_is_a_patch_and_clean() -> None:
    assert report(CHECK, a_snapshot(version="v1.36.0"), Minor(1, 36)).is_clean


def test_skipped_minors_name_the_hops() -> None:
    found = report(CHECK, a_snapshot(version="v1.34.2"), Minor(1, 37))
    assert said(found) == [("blocker", ())]
    assert found.findings[0].fix.startswith("Go one by one: 1.35, 1.36, 1.37.")


def test_going_back_is_a_blocker() -> None:
    assert titles("v1.37.1", Minor(1, 36)) == [("blocker", "The target is older than the cluster")]


def test_way_through_a_minor_without_patches_is_a_warning() -> None:
    assert titles("v1.29.4", Minor(1, 30)) == [("warning", "The target is out of support")]


@pytest.mark.parametrize(
    ("target", "at", "expected"),
    [
        (
            Minor(1, 35),
            datetime(2025, 12, 20, tzinfo=UTC),
            ("blocker", "The provider does not offer the target yet"),
        ),
        (Minor(1, 35), datetime(2026, 2, 1, tzinfo=UTC), None),
        (
            Minor(1, 35),
            datetime(2027, 4, 1, tzinfo=UTC),
            ("warning", "The target is out of standard support"),
        ),
        (Minor(1, 35), datetime(2028, 4, 1, tzinfo=UTC), ("blocker", "The target is out of support")),
    ],
)
def test_provider_window_is_what_counts_where_there_is_one(
    target: Minor, at: datetime, expected: tuple[str, str] | None
) -> None:
    assert titles("v1.34.1", target, "eks", at)[:1] == ([expected] if expected else [])


def test_simulated_provider_has_no_window_of_its_own() -> None:
    assert titles("v1.36.4", Minor(1, 37), "simulated") == []


def test_past_the_horizon_is_incomplete() -> None:
    assert gaps(report(CHECK, a_snapshot(version="v1.37.1"), Minor(1, 38))) == ["Kubernetes 1.38"]


def test_provider_that_offers_others_but_not_the_target_is_a_blocker() -> None:
    def offers(*versions: str) -> list[tuple[str, str]]:
        state = ProviderState(kind="simulated", version="1.35.2", available_versions=versions)
        found = report(CHECK, a_snapshot(version="v1.35.2", provider=state), Minor(1, 36))
        return [(each.severity.value, each.title) for each in found.findings]

    assert offers("1.37.1") == [("blocker", "The provider does not offer the target")]
    assert offers("1.36.4", "1.37.1") == []
    assert offers("1.35.4") == offers() == []


def test_end_of_the_support_of_what_runs_is_told_in_time() -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    assert titles("v1.31.9", Minor(1, 32), "eks", day) == [
        ("warning", "The target is out of standard support"),
        ("warning", "The provider's support of the minor that runs ends"),
    ]
    assert titles("v1.34.2", Minor(1, 35), "eks", day) == []


def test_way_over_a_minor_that_the_provider_dropped_says_so() -> None:
    state = ProviderState(kind="eks", version="1.29.9")
    found = report(CHECK, a_snapshot(version="v1.29.9", provider=state), Minor(1, 31))
    assert "1.30 (out of eks's support since 2026-07-23), 1.31" in found.findings[0].fix


def test_way_back_on_a_provider_that_has_one_warns() -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    assert titles("v1.36.4", Minor(1, 35), "eks", day) == [
        ("warning", "The target is older than the cluster")
    ]
    assert titles("v1.36.4", Minor(1, 34), "eks", day)[0] == (
        "blocker",
        "The target is older than the cluster",
    )


def test_support_that_ends_within_two_months_is_told() -> None:
    day = datetime(2027, 2, 1, tzinfo=UTC)
    assert titles("v1.34.2", Minor(1, 35), "eks", day) == [("info", "The target's support ends soon")]
    assert titles("v1.34.2", Minor(1, 35), "", day) == [("info", "The target's support ends soon")]
