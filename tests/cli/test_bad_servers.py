"""An address that is up but is no API server, or a poor one: a login page, a redirect, half an answer."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from tests.cli.attempts import CANARY, Attempt, attempt, refused

__all__ = ["attempt"]

VERSION = b'{"gitVersion": "v1.36.0"}'
COMMANDS = (
    ("check",),
    ("snapshot", "-o", "new.seatrial"),
    ("plan", "--to", "1.37"),
    ("rehearse",),
)


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer: Callable[[Request], None]

    def do_GET(self) -> None:
        type(self).answer(self)

    def log_message(self, format: str, *values: object) -> None:
        pass

    def send(self, code: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content_Type": kind, "Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what some of these tests are about."""


@contextmanager
def serving(
    folder: Path, answer: Callable[[Request], None], tls: ssl.SSLContext | None = None
) -> Iterator[None]:
    """Serve `answer` and write the kubeconfig `kc` that leads there."""
    handler = type("Handler", (Request,), {"answer": staticmethod(answer)})
    server = Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    authority = f', certificate-authority: "{folder / "ca.pem"}"' if tls else ""
    (folder / "kc").write_text(
        f"current-context: c\nclusters: [{{name: c, cluster: {{server: '{url}'{authority}}}}}]\n"
        f"users: [{{name: c, user: {{token: {CANARY}}}}}]\n"
        "contexts: [{name: c, context: {cluster: c, user: c}}]\n"
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def always(
    code: int, body: bytes, kind: str = "application/json", **headers: str
) -> Callable[[Request], None]:
    return lambda request: request.send(code, body, kind, **headers)


def half(request: Request) -> None:
    request.send(200, b'{"gitVersion"', Content_Length="500")
    request.close_connection = True


def only_a_version(request: Request) -> None:
    request.send(200, VERSION if request.path == "/version" else b"<html>")


def echoes_the_token(request: Request) -> None:
    said = f"bad token {request.headers['Authorization']}\x1b[31m"
    request.send(401, json.dumps({"kind": "Status", "message": said}).encode())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (always(200, b"<html>Log in</html>", "text/html"), ("not what an API server says", "proxy")),
        (always(200, b""), ("not what an API server says",)),
        (always(200, b"null"), ("not what an API server says",)),
        (always(302, b"", Location=f"https://login.example/?t={CANARY}"), ("redirect (302)",)),
        (only_a_version, ("c: GET /",)),
        (echoes_the_token, ("401", "Log in again")),
    ],
    ids=["login-page", "empty", "null", "redirect", "only-a-version", "echo"],
)
def test_something_else_than_an_api_server_is_told_apart(
    command: tuple[str, ...],
    answer: Callable[[Request], None],
    words: tuple[str, ...],
    attempt: Attempt,
    tmp_path: Path,
) -> None:
    with serving(tmp_path, answer):
        outcome = attempt(*command, "--kubeconfig", "kc")
    if command[0] == "plan" and answer is only_a_version:
        refused(outcome, "no adapter")
    else:
        refused(outcome, "c: GET /", *words)
    assert not (tmp_path / "new.seatrial").exists()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (half, ("the answer was cut off", "Try again")),
        (always(200, b'{"gitVersion": 5}'), ("not what an API server says",)),
        (
            always(200, b'{"gitVersion": "hello"}'),
            ("c: GET /version: the answer names no Kubernetes version",),
        ),
        (always(429, b"{}", Retry_After="3600"), ("429", "Try again later")),
        (always(503, b"upstream", "text/plain"), ("503", "upstream")),
        (
            always(200, gzip.compress(b" " * (600 << 20), 1), Content_Encoding="gzip"),
            ("larger than 512 MiB", "proxy"),
        ),
    ],
    ids=["half", "types", "hello", "busy", "down", "bomb"],
)
def test_a_poor_answer_is_one_message(
    answer: Callable[[Request], None], words: tuple[str, ...], attempt: Attempt, tmp_path: Path
) -> None:
    with serving(tmp_path, answer):
        refused(attempt("check", "--kubeconfig", "kc"), *words)


def test_a_certificate_for_another_name_is_told_from_an_unknown_authority(
    attempt: Attempt, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("cluster.example").configure_cert(tls)
    with serving(tmp_path, always(200, VERSION), tls):
        refused(attempt("check", "--kubeconfig", "kc"), "for another name", "tls-server-name")


def test_what_may_not_be_listed_makes_the_answer_incomplete_and_names_it(
    attempt: Attempt, tmp_path: Path
) -> None:
    lists = {
        "/version": VERSION,
        "/api": b'{"kind": "APIVersions", "versions": ["v1"]}',
        "/apis": b'{"kind": "APIGroupList", "groups": []}',
        "/api/v1": json.dumps(
            {
                "kind": "APIResourceList",
                "groupVersion": "v1",
                "resources": [
                    {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["list"]},
                    {"name": "nodes", "kind": "Node", "namespaced": False, "verbs": ["list"]},
                ],
            }
        ).encode(),
        "/api/v1/nodes": b'{"kind": "NodeList", "metadata": {}, "items": []}',
        "/api/v1/namespaces/kube-system": b'{"kind": "Namespace", "metadata": {"uid": "1"}}',
    }

    def answer(request: Request) -> None:
        body = lists.get(request.path.partition("?")[0])
        denied = json.dumps({"kind": "Status", "message": "pods is forbidden", "reason": "Forbidden"})
        request.send(403 if body is None else 200, body or denied.encode())

    with serving(tmp_path, answer):
        checked = attempt("check", "--kubeconfig", "kc", "--to", "1.37")
        taken = attempt("snapshot", "--kubeconfig", "kc", "-o", "c.seatrial")
    assert checked.code == 3, checked.shown
    assert "INCOMPLETE" in checked.out
    assert taken.code == 3, taken.shown
    assert "not read: pods (forbidden): this identity is not allowed to do that (403)" in taken.err
