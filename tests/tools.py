"""The real kubectl and Helm that tests drive: those that `make setup` fetched, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

_TOOLS = Path(__file__).resolve().parents[1] / ".tools"
_KUBECTL = {"1.29": "v29", "1.37": "v37"}
_HELM = {"3": "v29", "4": "v37"}


def kubectl(minor: str) -> Path:
    """kubectl "1.29" (the oldest supported) or "1.37"."""
    return _present(_TOOLS / _KUBECTL[minor] / "kubectl")


def helm(major: str) -> Path:
    """Helm "3" or "4"."""
    return _present(_TOOLS / _HELM[major] / "helm")


def _present(binary: Path) -> Path:
    if not binary.is_file():
        pytest.fail(
            f"{binary.name} is missing from .tools/{binary.parent.name}: run make setup", pytrace=False
        )
    return binary
