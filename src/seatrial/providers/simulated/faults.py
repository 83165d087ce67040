"""Failures that only the provider knows about: no snapshot shows them, so no rehearsal predicts them.

They live in a file beside the simulated cluster, never in its objects.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from seatrial.errors import BadInput


class ProviderFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One operation on `target` fails after `after_nodes` nodes, `times` times, then never again."""

    target: str
    """ "control-plane" or "node-group/NAME"."""
    detail: str
    """The provider's words, such as "InsufficientInstanceCapacity: …"."""
    after_nodes: int = 0
    times: int = 1
    refuse_start: bool = False
    """Refuse the start instead of failing on the way."""


class FaultPlan:
    """Counts down the faults of one provider."""

    def __init__(self, faults: list[ProviderFault] | None = None) -> None:
        self._faults = faults or []

    def strike(self, target: str, nodes_done: int, *, starting: bool = False) -> str:
        """The failure that happens now, in the provider's words; empty when all is well."""
        for fault in self._faults:
            due = fault.refuse_start if starting else not fault.refuse_start
            if due and fault.times > 0 and fault.target == target and nodes_done >= fault.after_nodes:
                fault.times -= 1
                return fault.detail
        return ""


def read_faults(path: Path) -> dict[str, list[ProviderFault]]:
    """Read a fault file: a JSON object of cluster name → list of faults."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, list[ProviderFault]])
    except OSError as error:
        raise BadInput(f"{error.strerror}.", where=str(path), next_step="Check the path.") from error
    except msgspec.MsgspecError as error:
        raise BadInput(
            f"not a file of provider faults: {error}.",
            where=str(path),
            next_step='Write {"CLUSTER": [{"target": "node-group/default", "detail": "…"}]}.',
        ) from error
