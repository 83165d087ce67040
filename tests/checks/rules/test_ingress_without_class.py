"""Ingresses and their classes."""

from typing import Any

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case, run

CHECK = "ingress-without-class"
API = "networking.k8s.io/v1"
NGINX = an_object(API, "IngressClass", "nginx", spec={"controller": "example.org/nginx"})


def _ingress(name: str, *, field: str = "", annotation: str = "") -> dict[str, Any]:
    annotations = {"kubernetes.io/ingress.class": annotation} if annotation else None
    spec = {"ingressClassName": field} if field else {}
    return an_object(API, "Ingress", name, "shop", annotations=annotations, spec=spec)


CASES = (
    Case(
        check=CHECK,
        name="an annotation that names no class",
        severities=("info",),
        snapshot=a_snapshot(
            NGINX, _ingress("web", annotation="traefik"), _ingress("api", annotation="traefik")
        ),
    ),
    Case(
        check=CHECK,
        name="a field that names no class",
        severities=("info",),
        snapshot=a_snapshot(NGINX, _ingress("web", field="traefik")),
    ),
    Case(
        check=CHECK,
        name="classes that exist, and none at all",
        severities=(),
        snapshot=a_snapshot(
            NGINX, _ingress("web", field="nginx"), _ingress("api", annotation="nginx"), _ingress("x")
        ),
    ),
    Case(
        check=CHECK,
        name="annotations that the providers' own controllers go by",
        severities=(),
        snapshot=a_snapshot(
            _ingress("web", annotation="gce"), _ingress("api", annotation="azure/application-gateway")
        ),
    ),
    Case(
        check=CHECK,
        name="such a name in the field, which GKE leaves to others",
        severities=("info",),
        snapshot=a_snapshot(_ingress("web", field="gce")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_one_ingress_is_told_as_one() -> None:
    (finding,) = run(CASES[0], a_snapshot(NGINX, _ingress("web", annotation="traefik"))).findings
    assert finding.message.startswith("1 Ingress names the class traefik by the annotation")
