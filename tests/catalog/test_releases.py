"""Releases: dates in order, skew as published, and honest about what is not known."""

from datetime import date

import pytest

from seatrial.catalog import BeyondHorizon, NoSuchMinor, ProviderName, releases
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput

CATALOG = releases()


def test_minors_are_consecutive_and_their_dates_in_order() -> None:
    minors = [release.minor for release in CATALOG.all]
    assert minors == [Minor(1, number) for number in range(len(minors))]
    released = [release.released for release in CATALOG.all]
    assert released == sorted(released)
    for release in CATALOG.all:
        assert release.end_of_life is None or release.released < release.end_of_life
        for window in release.providers:
            if window.available and window.end:
                assert window.available < window.end, (release.minor, window)


def test_kubelet_may_be_three_minors_older_since_1_28_and_two_before() -> None:
    assert CATALOG.of(Minor(1, 27)).min_kubelet == Minor(1, 25)
    assert CATALOG.of(Minor(1, 28)).min_kubelet == Minor(1, 25)
    assert CATALOG.of(Minor(1, 37)).min_kubelet == Minor(1, 34)
    assert CATALOG.of(Minor(1, 37)).max_kubelet == Minor(1, 37)


def test_latest_patch_belongs_to_its_minor() -> None:
    for release in CATALOG.all:
        assert release.latest_patch is None or release.latest_patch.line == release.minor


def test_minor_past_the_horizon_names_the_day_of_the_facts() -> None:
    with pytest.raises(BeyondHorizon, match=r"does not know Kubernetes 1\.38.*2026-11-21.*end at 1\.37"):
        CATALOG.of(Minor(1, 38))


@pytest.mark.parametrize("minor", [Minor(1, 99), Minor(2, 0), Minor(0, 9)])
def test_nonsense_minor_is_told_apart(minor: Minor) -> None:
    with pytest.raises(NoSuchMinor, match="there is no Kubernetes"):
        CATALOG.of(minor)


def test_provider_windows_are_read_with_partial_dates() -> None:
    window = CATALOG.of(Minor(1, 27)).window(ProviderName.KAPSULE)
    assert window is not None
    assert (window.available, window.end) == (date(2023, 4, 1), date(2025, 4, 7))
    eks = CATALOG.of(Minor(1, 34)).window(ProviderName.EKS)
    assert eks is not None
    assert eks.end_standard == date(2026, 12, 2)
    assert CATALOG.of(Minor(1, 37)).window(ProviderName.EKS) is None


def test_provider_names_are_read_leniently() -> None:
    assert ProviderName.parse("Scaleway") is ProviderName.KAPSULE
    with pytest.raises(BadInput, match="'ovh' is not a provider"):
        ProviderName.parse("ovh")
