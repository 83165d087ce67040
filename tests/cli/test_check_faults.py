"""`seatrial check` of a simulated cluster over a way that fails: a complete report, or an honest gap.

A proxy before the simulator does what API servers, load balancers and networks do on a bad day.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import ryaml
from tests.cli.attempts import SEATRIAL, Attempt, Fleet, Outcome, attempt, fleet, refused
from tests.cli.test_bad_servers import Request, serving

__all__ = ["attempt", "fleet"]

pytestmark = pytest.mark.journey

PODS = "/api/v1/pods"
SECRETS = "/api/v1/secrets"
CHECK = ("check", "--kubeconfig", "kc", "-o", "json")

_MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""
"""In between: the peak of a process counts that of the one that started it, and pytest's is large."""

Breaking = Callable[[Request, "Upstream"], bool]
"""Answers the request by itself and says so, or leaves it to the simulator."""


@dataclass
class Upstream:
    """The simulator behind the proxy, and how often each path was asked for."""

    host: str
    port: int
    token: str
    tls: ssl.SSLContext
    asked: Counter[str] = field(default_factory=Counter)

    def fetch(self, path: str) -> tuple[int, str, bytes]:
        connection = http.client.HTTPSConnection(self.host, self.port, context=self.tls, timeout=30)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()


@pytest.fixture
def upstream(fleet: Fleet) -> Upstream:
    config = ryaml.loads(fleet.kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    url = urlsplit(cluster["server"])
    authority = b64decode(cluster["certificate-authority-data"]).decode()
    tls = ssl.create_default_context(cadata=authority)
    return Upstream(url.hostname or "", url.port or 443, user["token"], tls)


@pytest.fixture
def over(attempt: Attempt, tmp_path: Path, upstream: Upstream) -> Callable[[Breaking], Outcome]:
    """Check the cluster through a proxy that breaks in one way."""

    def run(breaking: Breaking) -> Outcome:
        with serving(tmp_path, _answering(upstream, breaking)):
            return attempt(*CHECK)

    return run


def _answering(upstream: Upstream, breaking: Breaking) -> Callable[[Request], None]:
    def answer(request: Request) -> None:
        bare = request.path.partition("?")[0]
        upstream.asked[bare] += 1
        if not breaking(request, upstream):
            code, kind, body = upstream.fetch(request.path)
            request.send(code, body, kind)

    return answer


def on(path: str, answer: Callable[[Request, Upstream], None], *, first: int = 10**9) -> Breaking:
    """Break the first answers to what is below one path."""

    def breaking(request: Request, upstream: Upstream) -> bool:
        bare = request.path.partition("?")[0]
        if bare != path or upstream.asked[bare] > first:
            return False
        answer(request, upstream)
        return True

    return breaking


def status(code: int, message: str, **headers: str) -> Callable[[Request, Upstream], None]:
    body = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    return lambda request, _: request.send(code, json.dumps(body).encode(), **headers)


def cut(request: Request, upstream: Upstream) -> None:
    """Half of the list, then the connection is gone."""
    _, kind, body = upstream.fetch(request.path)
    request.send(200, body[: len(body) // 2], kind, Content_Length=str(len(body)))
    request.close_connection = True


def hang(request: Request, upstream: Upstream) -> None:
    time.sleep(25)


def complete(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome.shown
    assert json.loads(outcome.out)["incomplete"] == []


def gaps(outcome: Outcome) -> list[dict[str, Any]]:
    """The incomplete entries of a report that says that it is no clean one."""
    assert outcome.code == 3, outcome.shown
    report = json.loads(outcome.out)
    assert not report["clean"]
    found: list[dict[str, Any]] = report["incomplete"]
    assert found
    assert all(each["why"] and each["nextStep"] for each in found), found
    return found


Over = Callable[[Breaking], Outcome]


def test_a_busy_server_is_asked_again_when_it_said(over: Over) -> None:
    began = time.monotonic()
    complete(over(on(PODS, status(429, "try again later", Retry_After="1"), first=2)))
    assert time.monotonic() - began >= 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (status(429, "try again in an hour", Retry_After="3600"), "429"),
        (status(403, "pods is forbidden"), "forbidden"),
        (status(500, "etcd is gone"), "etcd is gone"),
        (cut, "cut off"),
    ],
    ids=["busy", "forbidden", "broken", "cut"],
)
def test_pods_that_cannot_be_listed_are_a_gap_of_every_check_that_reads_them(
    over: Over, answer: Callable[[Request, Upstream], None], says: str
) -> None:
    found = [each for each in gaps(over(on(PODS, answer))) if each["what"] == "pods"]
    assert len(found) > 20
    assert all(says in each["why"] for each in found), found[0]


def test_a_list_that_is_cut_once_is_read_again(over: Over) -> None:
    complete(over(on(PODS, cut, first=1)))


def test_forbidden_secrets_leave_what_needs_no_helm_records(over: Over) -> None:
    found = gaps(over(on(SECRETS, status(403, "secrets is forbidden"))))
    assert all("secrets" in each["what"] for each in found), found
    assert all('resources: ["secrets"]' in each["nextStep"] for each in found), found


def test_the_own_namespace_that_fails_does_not_end_the_check(over: Over) -> None:
    complete(over(on("/api/v1/namespaces/kube-system", status(500, "a shard is away"))))


def test_metrics_that_hang_are_a_gap_after_a_bounded_wait(over: Over) -> None:
    began = time.monotonic()
    found = gaps(over(on("/metrics", hang)))
    assert time.monotonic() - began < 60
    assert {each["what"] for each in found} == {"metrics of the API servers"}


def test_a_token_that_expires_on_the_way_is_a_gap_that_says_so(over: Over) -> None:
    def expired(request: Request, upstream: Upstream) -> bool:
        if upstream.asked.total() < 30:
            return False
        status(401, "Unauthorized")(request, upstream)
        return True

    found = gaps(over(expired))
    assert any("401" in each["why"] for each in found), found


def test_a_token_that_had_expired_is_one_message(over: Over) -> None:
    refused(over(on("/version", status(401, "Unauthorized"))), "401", "Log in again")


def test_a_list_of_30_mb_is_read_whole_in_bounded_memory(tmp_path: Path, upstream: Upstream) -> None:
    """From a server that knows no pages."""
    notes = {"note": "x" * 2_800}
    pods = [
        {
            "metadata": {"name": f"p{number}", "namespace": "shop", "annotations": notes},
            "spec": {"containers": [{"name": "app", "image": "registry.example.com/app:1"}]},
            "status": {"phase": "Running"},
        }
        for number in range(10_000)
    ]
    whole = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "5"}, "items": pods}
    body = json.dumps(whole).encode()
    assert len(body) > 28_000_000
    with serving(tmp_path, _answering(upstream, on(PODS, lambda request, _: request.send(200, body)))):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, SEATRIAL, *CHECK, "--only", "pod-without-controller"],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        took = time.monotonic() - began
    (finding,) = json.loads(done.stdout)["findings"]
    assert len(finding["objects"]) == 10_000
    assert took < 30
    assert int(done.stderr) < 250 * 1024  # KiB
