"""Resource quantities as whole numbers to add up: thousandths of a core for CPU, units for all else."""

from __future__ import annotations

from typing import Any

from seatrial.cluster.quantity import milli, whole
from seatrial.errors import BadInput


def amount(resource: str, quantity: Any) -> int:
    """Rounded up. Text that is no quantity counts as 0: admission refuses it, so it predates validation."""
    try:
        return milli(str(quantity)) if resource == "cpu" else whole(str(quantity))
    except BadInput:
        return 0
