"""Where the contract runs: a simulated cluster in this process, or a real API server when one is given.

Both are driven by the same HTTP requests as values; the simulated one is answered by the handlers
without a socket. `SEATRIAL_CONTRACT_KUBECONFIG` names a kubeconfig for a disposable real cluster (for
example one that envtest's binaries run), and the suite then runs against that, too.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor
from seatrial.simulator.access import ADMIN, Access, Identity
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.handlers import ApiServer, answer_error
from seatrial.simulator.requests import Answer, HttpRequest
from seatrial.simulator.status import ApiError
from seatrial.simulator.watching import Watch


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    body: Any
    warnings: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        return str(self.body.get("reason", ""))

    @property
    def message(self) -> str:
        return str(self.body.get("message", ""))


class World(Protocol):
    def __call__(
        self, method: str, url: str, body: Any = None, *, kind: str = "json", accept: str = ""
    ) -> Reply: ...

    def watch(self, url: str) -> list[Obj]:
        """The events that a watch with `timeoutSeconds=1` delivers."""


_MEDIA = {
    "json": "application/json",
    "merge": "application/merge-patch+json",
    "json-patch": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


@dataclass(slots=True)
class Simulated:
    """`World` over the handlers; `cluster` is there for tests that must reach behind the API."""

    minor: str = "1.33"
    identity: Identity = ADMIN
    cluster: SimulatedCluster = field(init=False)
    access: Access = field(init=False)
    api: ApiServer = field(init=False)

    def __post_init__(self) -> None:
        self.cluster = SimulatedCluster("contract", Minor.parse(self.minor), SimulatedClock())
        self.access = Access("token")
        self.api = ApiServer(self.cluster, self.access)
        self.cluster.start()

    def __call__(
        self, method: str, url: str, body: Any = None, *, kind: str = "json", accept: str = ""
    ) -> Reply:
        answer = self.ask(method, url, body, kind=kind, accept=accept)
        assert isinstance(answer, Answer)
        text = answer.body.decode()
        parsed = json.loads(text) if answer.content_type.startswith("application/json") else text
        return Reply(answer.status, parsed, tuple(answer.warnings))

    def ask(
        self, method: str, url: str, body: Any = None, *, kind: str = "json", accept: str = ""
    ) -> Answer | Watch:
        parts = urlsplit(url)
        request = HttpRequest(
            method=method,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={"content-type": _MEDIA[kind], "accept": accept, "user-agent": "contract/1"},
            body=b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(),
            identity=self.identity,
        )
        info = self.api.describe(request)
        try:
            answer = self.api.handle(request, info)
        except ApiError as error:
            answer = answer_error(error)
        self.api.record(info, answer.status if isinstance(answer, Answer) else 200)
        return answer

    def watch(self, url: str) -> list[Obj]:
        answer = self.ask("GET", url)
        assert isinstance(answer, Watch), answer
        answer.close()
        return [json.loads(line) for line in answer.take().splitlines()]


class Real:
    """`World` over a kubeconfig with a token or a client certificate."""

    def __init__(self, kubeconfig: Path) -> None:
        import ryaml

        config = ryaml.loads(kubeconfig.read_text())
        context = next(c for c in config["contexts"] if c["name"] == config["current-context"])["context"]
        cluster = next(c for c in config["clusters"] if c["name"] == context["cluster"])["cluster"]
        user = next(u for u in config["users"] if u["name"] == context["user"])["user"]
        self._server = cluster["server"]
        authority = cluster.get("certificate-authority-data")
        self._tls = ssl.create_default_context(
            cadata=base64.b64decode(authority).decode() if authority else None,
            cafile=cluster.get("certificate-authority"),
        )
        if "client-certificate" in user:
            self._tls.load_cert_chain(user["client-certificate"], user["client-key"])
        self._token = user.get("token", "")

    def __call__(
        self, method: str, url: str, body: Any = None, *, kind: str = "json", accept: str = ""
    ) -> Reply:
        code, text, headers = self._send(method, url, body, kind, accept)
        warnings = tuple(value.split('"')[1] for value in headers.get_all("Warning") or ())
        return Reply(code, json.loads(text), warnings)

    def watch(self, url: str) -> list[Obj]:
        _, text, _ = self._send("GET", url, None, "json", "")
        return [json.loads(line) for line in text.splitlines()]

    def _send(self, method: str, url: str, body: Any, kind: str, accept: str) -> tuple[int, str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + url, data=data, method=method)
        request.add_header("Content-Type", _MEDIA[kind])
        request.add_header("User-Agent", "contract/1")
        if accept:
            request.add_header("Accept", accept)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, context=self._tls, timeout=20) as reply:
                return reply.status, reply.read().decode(), reply.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers


@contextmanager
def worlds(name: str) -> Iterator[World]:
    if name == "simulated":
        yield Simulated()
    else:
        yield Real(Path(os.environ["SEATRIAL_CONTRACT_KUBECONFIG"]))


def available() -> list[str]:
    return ["simulated"] + (["real"] if os.environ.get("SEATRIAL_CONTRACT_KUBECONFIG") else [])
