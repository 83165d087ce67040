"""Custom resource definitions for the tests of the checks on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.builders import an_object

from seatrial.cluster.objects import Obj


def a_definition(
    name: str = "ships.example.org",
    *,
    kind: str = "Ship",
    versions: Iterable[tuple[str, str]] = (("v1", "served storage"),),
    stored: Iterable[str] = ("v1",),
    service: tuple[str, str] | None = None,
    ca: str = "Y2E=",
    scope: str = "Namespaced",
    **metadata: Any,
) -> Obj:
    """`versions` are (name, words out of "served storage deprecated"); `service` converts between them."""
    plural, _, group = name.partition(".")
    spec: Obj = {
        "group": group,
        "scope": scope,
        "names": {"kind": kind, "plural": plural},
        "versions": [
            {
                "name": version,
                "served": "served" in words,
                "storage": "storage" in words,
                "deprecated": "deprecated" in words,
            }
            for version, words in versions
        ],
    }
    if service:
        client = {"service": {"namespace": service[0], "name": service[1]}, "caBundle": ca}
        spec["conversion"] = {
            "strategy": "Webhook",
            "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1"]},
        }
    return an_object(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        name,
        spec=spec,
        status={"storedVersions": list(stored)},
        **metadata,
    )
