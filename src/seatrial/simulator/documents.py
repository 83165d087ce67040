"""The paths that name no resource: discovery, version, health, metrics and OpenAPI."""

from __future__ import annotations

from collections.abc import Callable

from seatrial.cluster.objects import Obj
from seatrial.simulator import discovery, openapi
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.metrics import Metrics
from seatrial.simulator.openapi_protobuf import encode_v2
from seatrial.simulator.requests import Answer, HttpRequest
from seatrial.simulator.status import ApiError
from seatrial.simulator.store import encode

_HEALTH = frozenset({"/healthz", "/readyz", "/livez"})
_ROOTS = [
    "/api",
    "/apis",
    "/healthz",
    "/livez",
    "/metrics",
    "/openapi/v2",
    "/openapi/v3",
    "/readyz",
    "/version",
]
_PROTOBUF = "application/com.github.proto-openapi.spec.v2"


class Documents:
    """Documents are kept until what is served changes."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._cluster = cluster
        self._kept: dict[str, bytes] = {}
        self._kept_for: tuple[int, int] = (-1, -1)

    def answer(self, request: HttpRequest, metrics: Metrics) -> Answer:
        path = request.path.rstrip("/") or "/"
        if request.method not in ("GET", "HEAD"):
            raise ApiError(405, "the server does not allow this method on the requested resource")
        if path in _HEALTH or path.startswith(("/healthz/", "/readyz/", "/livez/")):
            return Answer(200, b"ok", content_type="text/plain")
        if path == "/metrics":
            text = metrics.text().encode()
            return Answer(200, text, content_type="text/plain; version=0.0.4")
        if path == "/version":
            return Answer(200, encode(self._version()))
        if path == "/":
            return Answer(200, encode({"paths": _ROOTS}))
        accept = request.headers.get("accept", "")
        if path == "/openapi/v2":
            return self._openapi_v2(accept)
        if path.startswith("/openapi/v3"):
            return self._openapi_v3(path)
        return self._discovery(path, accept, request.address)

    def _discovery(self, path: str, accept: str, address: str) -> Answer:
        surface = self._cluster.surface
        version = discovery.aggregated_version(accept)
        if path in ("/api", "/apis") and version in self._aggregated_versions():
            core = path == "/api"
            body = self._keep(f"{path} {version}", lambda: discovery.aggregated(surface, version, core=core))
            shape = f";g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
            return Answer(200, body, content_type=f"application/json{shape}")
        match path.strip("/").split("/"):
            case ["api"]:
                return Answer(200, encode(discovery.api_versions(surface, address)))
            case ["apis"]:
                return Answer(200, self._keep(path, lambda: discovery.api_groups(surface)))
            case ["apis", group] if group in surface.groups():
                head = {"kind": "APIGroup", "apiVersion": "v1"}
                return Answer(200, encode({**head, **discovery.api_group(group, surface.groups()[group])}))
            case ["api", version]:
                found = discovery.api_resources(surface, "", version)
            case ["apis", group, version]:
                found = discovery.api_resources(surface, group, version)
            case _:
                found = None
        if found is None:
            raise ApiError(404, "the server could not find the requested resource")
        return Answer(200, encode(found))

    def _aggregated_versions(self) -> tuple[str, ...]:
        """KEP-3352: alpha in 1.26, beta in 1.27, v2 since 1.30."""
        _, number = self._cluster.minor
        return ("v2", "v2beta1") if number >= 30 else ("v2beta1",) if number >= 27 else ()

    def _version(self) -> Obj:
        major, minor = self._cluster.minor
        return {
            "major": str(major),
            "minor": str(minor),
            "gitVersion": f"v{self._cluster.version}",
            "gitCommit": "simulated",
            "gitTreeState": "clean",
            "buildDate": "2026-01-01T00:00:00Z",
            "goVersion": "none",
            "compiler": "none",
            "platform": "linux/amd64",
            "emulationMajor": str(major),
            "emulationMinor": str(minor),
            "minCompatibilityMajor": str(major),
            "minCompatibilityMinor": str(minor - 1),
        }

    def _openapi_v2(self, accept: str) -> Answer:
        cluster = self._cluster
        definitions = cluster.verbs.machinery.definitions
        if _PROTOBUF in accept:
            body = self._keep_bytes(
                "v2 protobuf", lambda: encode_v2(openapi.document_v2(cluster.surface, definitions))
            )
            # clients ask for "@v1.0", which Go refuses to parse in an answer: kube-openapi writes a dot
            return Answer(200, body, content_type=f"{_PROTOBUF}.v1.0+protobuf")
        return Answer(200, self._keep("v2", lambda: openapi.document_v2(cluster.surface, definitions)))

    def _openapi_v3(self, path: str) -> Answer:
        surface, definitions = self._cluster.surface, self._cluster.verbs.machinery.definitions
        where = path.removeprefix("/openapi/v3").strip("/")
        if not where:
            return Answer(200, self._keep(path, lambda: openapi.index_v3(surface, definitions)))
        match where.split("/"):
            case ["api", version]:
                group = ""
            case ["apis", group, version]:
                pass
            case _:
                raise ApiError(404, "the server could not find the requested resource")
        if version not in surface.groups().get(group, ()):
            raise ApiError(404, "the server could not find the requested resource")
        body = self._keep(path, lambda: openapi.document_v3(surface, definitions, group, version) or {})
        return Answer(200, body)

    def _keep(self, name: str, make: Callable[[], Obj]) -> bytes:
        return self._keep_bytes(name, lambda: encode(make()))

    def _keep_bytes(self, name: str, make: Callable[[], bytes]) -> bytes:
        current = (id(self._cluster.surface), self._cluster.surface.generation)
        if current != self._kept_for:
            self._kept.clear()
            self._kept_for = current
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]
