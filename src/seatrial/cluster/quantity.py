"""Resource quantities ("250m", "1.5Gi", "2e3") as exact numbers in base units.

Follows apimachinery's resource.Quantity: rounding, where asked for, is away from zero.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

from seatrial.errors import BadInput

_QUANTITY = re.compile(r"^([+-]?)(\d+\.?\d*|\.\d+)(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]))?$")
_SUFFIX: dict[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "k": Fraction(10**3),
    **{letter: Fraction(10 ** (6 + 3 * power)) for power, letter in enumerate("MGTPE")},
    **{f"{letter}i": Fraction(1024 ** (power + 1)) for power, letter in enumerate("KMGTPE")},
}


@lru_cache(maxsize=4096)
def parse_quantity(text: str | int | float) -> Fraction:
    """The exact amount in base units (cores, bytes); raises `BadInput`."""
    found = _QUANTITY.match(str(text).strip())
    if not found:
        raise BadInput(f"{text!r} is not a resource quantity.", next_step="Write it as 500m, 2 or 1.5Gi.")
    sign, number, exponent, suffix = found.groups()
    amount = Fraction(number)
    if exponent:
        amount *= Fraction(10) ** int(exponent[1:])
    elif suffix:
        amount *= _SUFFIX[suffix]
    return -amount if sign == "-" else amount


def whole(text: str | int | float) -> int:
    """In base units, a fraction rounded away from zero (bytes, pods)."""
    return _away_from_zero(parse_quantity(text))


def milli(text: str | int | float) -> int:
    """In thousandths, a smaller fraction rounded away from zero (cores)."""
    return _away_from_zero(parse_quantity(text) * 1000)


def _away_from_zero(amount: Fraction) -> int:
    return ceil(amount) if amount >= 0 else floor(amount)
