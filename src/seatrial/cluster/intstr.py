"""IntOrString fields that mean a count or a share: `2` or `"25%"`.

Kubernetes rounds a share up where it protects (both fields of a disruption budget, maxSurge) and
down where it disrupts (a rollout's maxUnavailable).
"""

from __future__ import annotations

import re

from seatrial.errors import BadInput

_PERCENT = r"^(\d+)%$"


def is_percent(value: int | str) -> bool:
    return isinstance(value, str)


def scaled_up(value: int | str, total: int) -> int:
    """`value` of `total`, a share rounded up."""
    if isinstance(value, int):
        return value
    return -(_percent(value) * total // -100)


def scaled_down(value: int | str, total: int) -> int:
    """`value` of `total`, a share rounded down."""
    if isinstance(value, int):
        return value
    return _percent(value) * total // 100


def _percent(text: str) -> int:
    found = re.match(_PERCENT, text)
    if not found:
        raise BadInput(f"{text!r} is neither a count nor a share.", next_step='Write it as 2 or "25%".')
    return int(found[1])
