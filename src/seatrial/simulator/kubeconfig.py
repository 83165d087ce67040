"""Writes the kubeconfig by which kubectl, Helm and Seatrial itself reach simulated clusters."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.errors import BadInput
from seatrial.private_folder import make_private
from seatrial.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach one cluster; the context has its name. `token` is a secret."""

    name: str
    server: str
    token: str
    ca_pem: bytes


def kubeconfig(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """A context per cluster, the first one current."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": endpoints[0].name if endpoints else "",
        "clusters": [
            {
                "name": one.name,
                "cluster": {
                    "server": one.server,
                    "certificate-authority-data": base64.b64encode(one.ca_pem).decode(),
                },
            }
            for one in endpoints
        ],
        "users": [{"name": one.name, "user": {"token": one.token}} for one in endpoints],
        "contexts": [
            {"name": one.name, "context": {"cluster": one.name, "user": one.name}} for one in endpoints
        ],
    }


def write_kubeconfig(path: Path, endpoints: Sequence[Endpoint]) -> None:
    """Write it for its owner's eyes only (0600), whole or not at all."""
    import ryaml

    text = ryaml.dumps(kubeconfig(endpoints))
    try:
        make_private(path.parent)
    except OSError as error:
        raise BadInput(
            f"its folder cannot be made: {(error.strerror or 'it failed').lower()}.",
            where=str(path),
            next_step="Choose another place for the kubeconfig.",
        ) from error
    write_whole(path, text.encode())
