"""Quantities, counts or shares, and versions: exact, and rounded as Kubernetes rounds."""

from fractions import Fraction

import pytest

from seatrial.cluster.intstr import scaled_down, scaled_up
from seatrial.cluster.quantity import milli, parse_quantity, whole
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", Fraction(0)),
        ("250m", Fraction(1, 4)),
        ("1.5Gi", Fraction(3 * 1024**3, 2)),
        ("2e3", Fraction(2000)),
        ("2E-3", Fraction(1, 500)),
        ("1E", Fraction(10**18)),
        ("1Ei", Fraction(1024**6)),
        ("100n", Fraction(1, 10**7)),
        ("+.5k", Fraction(500)),
        ("-1", Fraction(-1)),
        (4, Fraction(4)),
    ],
)
def test_quantity_is_exact(text: str | int, amount: Fraction) -> None:
    assert parse_quantity(text) == amount


def test_rounding_of_quantities_is_away_from_zero() -> None:
    assert (whole("1.5"), whole("-1.5"), milli("0.1m"), milli("2")) == (2, -2, 1, 2000)


@pytest.mark.parametrize("text", ["", "1 Gi", "Gi", "1KB", "0x1", "1e", "--1", "nan"])
def test_text_that_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a resource quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("value", "total", "up", "down"),
    [(2, 5, 2, 2), ("50%", 5, 3, 2), ("1%", 1, 1, 0), ("0%", 5, 0, 0), ("100%", 5, 5, 5), ("150%", 2, 3, 3)],
)
def test_share_is_rounded_up_or_down(value: int | str, total: int, up: int, down: int) -> None:
    assert (scaled_up(value, total), scaled_down(value, total)) == (up, down)


@pytest.mark.parametrize("value", ["5", "5 %", "-5%", "1.5%", "all"])
def test_text_that_is_no_share_is_refused(value: str) -> None:
    with pytest.raises(BadInput, match="neither a count nor a share"):
        scaled_up(value, 3)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.37", Version(1, 37, 0)),
        ("v1.37.2", Version(1, 37, 2)),
        ("v1.29.1-eks-1a2b3c", Version(1, 29, 1)),
        ("1.27.3-gke.100", Version(1, 27, 3)),
        ("v1.30.0+k3s1", Version(1, 30, 0)),
        ("1.27+", Version(1, 27, 0)),
        (" 1.9 ", Version(1, 9, 0)),
    ],
)
def test_versions_are_read_in_every_providers_dress(text: str, version: Version) -> None:
    assert Version.parse(text) == version


@pytest.mark.parametrize(
    "text", ["", "1", "1.", "latest", "1.37.1.2", "1.037", "-1.3", "1.2.3.4", "1.999999"]
)
def test_text_that_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a Kubernetes version"):
        Minor.parse(text)


def test_minors_compare_as_numbers() -> None:
    assert Minor(1, 9) < Minor(1, 10)
