"""Over the wire: tokens, TLS, bad paths, big bodies, faults, and the command line."""

from __future__ import annotations

import gzip
import os
import signal
import ssl
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.simulator.running import Running, running

from seatrial.errors import BadInput
from seatrial.simulator.serving import read_clusters


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("small"), {"one": "1.33", "two": "1.30"}, nodes=1) as served:
        yield served


def _get(
    small: Running, path: str, *, cluster: str = "one", token: str | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    endpoint = next(e for e in small.server.endpoints() if e.name == cluster)
    request = urllib.request.Request(endpoint.server + path)
    request.add_header("Authorization", f"Bearer {endpoint.token if token is None else token}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    context = ssl.create_default_context(cadata=endpoint.ca_pem.decode())
    try:
        with urllib.request.urlopen(request, context=context, timeout=20) as reply:
            return reply.status, reply.read(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def test_each_cluster_takes_its_own_token_only(small: Running) -> None:
    tokens = {e.name: e.token for e in small.server.endpoints()}
    assert _get(small, "/version")[0] == 200
    assert _get(small, "/version", token="guess")[0] == 401
    assert _get(small, "/version", token=tokens["two"])[0] == 401


def test_the_kubeconfig_is_for_its_owner_only(small: Running) -> None:
    assert stat.S_IMODE(small.kubeconfig.stat().st_mode) == 0o600


def test_big_answers_are_packed_for_those_who_ask(small: Running) -> None:
    code, body, headers = _get(small, "/openapi/v3/api/v1", Accept_Encoding="gzip")
    assert (code, headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == _get(small, "/openapi/v3/api/v1")[1]


def test_a_bearer_alone_finds_its_cluster_where_the_prefix_is_missing(small: Running) -> None:
    endpoint = small.server.endpoints()[1]
    request = urllib.request.Request(f"https://127.0.0.1:{small.server.port}/version")
    request.add_header("Authorization", f"Bearer {endpoint.token}")
    context = ssl.create_default_context(cadata=endpoint.ca_pem.decode())
    with urllib.request.urlopen(request, context=context, timeout=20) as reply:
        assert b'"minor":"30"' in reply.read()


@pytest.mark.parametrize(
    ("named", "count", "minor", "what"),
    [
        (["Prod=1.33"], 1, "1.37", "'Prod' cannot be a cluster's name."),
        (["a=1.33", "a=1.34"], 1, "1.37", "two clusters are called 'a'."),
        (["a=one"], 1, "1.37", "'one' is not a Kubernetes version."),
        ([], 1, "1.99", "Kubernetes 1.99 cannot be simulated."),
    ],
)
def test_bad_clusters_are_refused(named: list[str], count: int, minor: str, what: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_clusters(named, count=count, minor=minor)
    assert refused.value.what == what


@pytest.mark.journey
def test_serve_says_when_it_is_ready_and_stops_cleanly(tmp_path: Path) -> None:
    serving = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "seatrial",
            "simulator",
            "serve",
            "--cluster=prod=1.33",
            "--kubeconfig-out=kc",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert serving.stdout is not None
    line = serving.stdout.readline()
    serving.send_signal(signal.SIGTERM)
    out, errors = serving.communicate(timeout=20)
    assert line.startswith("Serving 1 cluster on https://127.0.0.1:"), errors
    assert (serving.returncode, out, errors) == (0, "", "")


def test_faults_reach_clients_as_a_real_servers_troubles_do(small: Running) -> None:
    from seatrial.simulator.faults import ActiveFaults, ApiFault, Cut, ExpireToken, FaultPlan, Refuse

    cluster = small.clusters["two"]
    faults = ActiveFaults(cluster.clock)

    def plant(effect: Cut | ExpireToken | Refuse) -> None:
        faults.replace(FaultPlan(api=(ApiFault(effect=effect),)))
        cluster.faults = faults

    try:
        small.call(lambda: plant(Refuse(code=429, retry_after=3)))
        code, _, headers = _get(small, "/api/v1/pods", cluster="two")
        assert (code, headers["Retry-After"]) == (429, "3")
        small.call(lambda: plant(ExpireToken()))
        assert _get(small, "/api/v1/pods", cluster="two")[0] == 401
        small.call(lambda: plant(Cut()))
        with pytest.raises((urllib.error.URLError, ConnectionError, OSError)):
            _get(small, "/api/v1/pods", cluster="two")
    finally:
        small.call(lambda: faults.replace(FaultPlan()))


def test_a_port_that_is_taken_is_said_so(small: Running) -> None:
    from seatrial.clock import SimulatedClock
    from seatrial.simulator.server import SimulatorServer

    clock = SimulatedClock(pace=1.0)
    with pytest.raises(BadInput) as refused:
        clock.run(SimulatorServer(clock, port=small.server.port).start())
    assert refused.value.what == f"cannot listen on 127.0.0.1:{small.server.port}: address already in use."
