"""A small sound fleet that a test changes where it looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.fleet.model import Fleet


def fleet(tiers: Sequence[str] = ("test",), **parts: Any) -> Fleet:
    """Clusters c0, c1 … of these tiers, one component, one release, one strategy."""
    data: dict[str, Any] = {
        "clusters": [
            {"name": f"c{number}", "provider": {"kind": "simulated"}, "version": "1.33", "tier": tier}
            for number, tier in enumerate(tiers)
        ],
        "stack": [{"name": "ingress", "namespace": "web", "chart": "charts/ingress"}],
        "releases": [{"name": "spring", "kubernetes": "1.34"}],
        "strategies": [{"name": "careful", "stages": [{"name": "all"}]}],
    }
    return Fleet.model_validate({**data, **parts})
