from __future__ import annotations

import asyncio
import json as json_module
import random
import ssl
import sys
import time
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import trustme
from tests.kube.fake_server import FakeServer, failing, fake_server, json
from tests.kube.instant_clock import InstantClock

from seatrial.cluster.version import Version
from seatrial.errors import BadInput, Forbidden, SeatrialError, TemporaryError
from seatrial.kube import (
    ClusterAccess,
    Consent,
    ExecSpec,
    Harm,
    ReadClient,
    Unauthorized,
    Wish,
    allow_nothing,
    connect,
    consent_given,
)

CANARY = "canary-8f14e45fceea167a"
V1 = "client.authentication.k8s.io/v1"
BETA = "client.authentication.k8s.io/v1beta1"
VERSION = json({"gitVersion": "v1.37.2"})


class Plugin:
    """A script that counts its runs and prints what it is told."""

    def __init__(self, folder: Path, body: str = "") -> None:
        self.folder = folder
        self.path = folder / "login"
        self.runs_file = folder / "runs"
        self.info_file = folder / "info"
        self.answer_file = folder / "answer"
        self.path.write_text(
            f"#!{sys.executable} -S\n"
            + dedent(
                f"""\
                import os, sys, time
                open({str(self.runs_file)!r}, "a").write("x")
                open({str(self.info_file)!r}, "w").write(os.environ.get("KUBERNETES_EXEC_INFO", ""))
                """
            )
            + dedent(body)
            + f"\nsys.stdout.write(open({str(self.answer_file)!r}).read())\n"
        )
        self.path.chmod(0o755)
        self.answers()

    def answers(self, *, api_version: str = V1, kind: str = "ExecCredential", **status: Any) -> None:
        status = status or {"token": CANARY}
        self.answer_file.write_text(
            json_module.dumps({"apiVersion": api_version, "kind": kind, "status": status})
        )

    @property
    def runs(self) -> int:
        return len(self.runs_file.read_text()) if self.runs_file.exists() else 0

    @property
    def info(self) -> Any:
        return json_module.loads(self.info_file.read_text())

    def spec(self, **more: Any) -> ExecSpec:
        return ExecSpec(**{"command": str(self.path), "user": "u", "args": (CANARY,), **more})


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(tmp_path)


async def ask(
    spec: ExecSpec,
    url: str,
    clock: InstantClock,
    *,
    times: int = 1,
    consent: Consent = consent_given,
    patience: float = 20.0,
    **access: Any,
) -> list[Version]:
    target = ClusterAccess("prod", url, login=spec, **access)
    async with connect(
        target, clock, rng=random.Random(1), consent=consent, exec_patience=patience
    ) as session:
        client = ReadClient(session)
        return list(await asyncio.gather(*(client.version() for _ in range(times))))


async def problem(spec: ExecSpec, clock: InstantClock, **more: Any) -> SeatrialError:
    with pytest.raises(SeatrialError) as caught:
        await ask(spec, "http://127.0.0.1:9", clock, **more)
    assert CANARY not in str(caught.value)
    assert caught.value.where == "context 'prod', user 'u'"
    assert caught.value.next_step
    return caught.value


async def test_many_requests_at_once_run_the_plugin_once(
    plugin: Plugin, server: FakeServer, clock: InstantClock
) -> None:
    server.on("GET", "/version", VERSION)
    assert await ask(plugin.spec(), server.url, clock, times=8) == [Version(1, 37, 2)] * 8
    assert plugin.runs == 1
    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {CANARY}"}


async def test_a_credential_is_kept_until_it_expires(
    plugin: Plugin, server: FakeServer, clock: InstantClock
) -> None:
    server.on("GET", "/version", VERSION)
    expires = clock.now() + timedelta(minutes=10)
    plugin.answers(token=CANARY, expirationTimestamp=expires.isoformat().replace("+00:00", "Z"))
    access = ClusterAccess("prod", server.url, login=plugin.spec())
    async with connect(access, clock, consent=consent_given) as session:
        client = ReadClient(session)
        for seconds in (0, 500, 80):
            clock.elapsed += seconds
            await client.version()
        assert plugin.runs == 1
        later = clock.now() + timedelta(hours=1)
        plugin.answers(token="second", expirationTimestamp=later.isoformat())
        clock.elapsed += 12
        await client.version()
    assert plugin.runs == 2
    assert server.seen[-1].headers["authorization"] == "Bearer second"


async def test_a_refused_token_is_renewed_once(
    plugin: Plugin, server: FakeServer, clock: InstantClock
) -> None:
    server.on("GET", "/version", failing(401, "Unauthorized"), VERSION)
    await ask(plugin.spec(), server.url, clock)
    assert plugin.runs == 2
    server.on("GET", "/version", failing(401, "Unauthorized"))
    with pytest.raises(Unauthorized) as caught:
        await ask(plugin.spec(), server.url, clock)
    assert "expired" in caught.value.next_step
    assert plugin.runs == 4
    assert len(server.seen) == 4


async def test_the_plugin_is_told_about_the_cluster(
    plugin: Plugin, server: FakeServer, clock: InstantClock
) -> None:
    server.on("GET", "/version", VERSION)
    plugin.answers(api_version=BETA)
    spec = plugin.spec(
        api_version=BETA, provide_cluster_info=True, cluster_config={"a": 1}, env=(("X", "y"),)
    )
    await ask(spec, server.url, clock, ca=b"pem", tls_server_name="n")
    assert plugin.info == {
        "kind": "ExecCredential",
        "apiVersion": BETA,
        "spec": {
            "interactive": False,
            "cluster": {
                "server": server.url,
                "tls-server-name": "n",
                "certificate-authority-data": "cGVt",
                "config": {"a": 1},
            },
        },
    }


async def test_without_cluster_info_only_the_version_is_told(
    plugin: Plugin, server: FakeServer, clock: InstantClock
) -> None:
    server.on("GET", "/version", VERSION)
    await ask(plugin.spec(), server.url, clock)
    assert plugin.info == {"kind": "ExecCredential", "apiVersion": V1, "spec": {"interactive": False}}


async def test_a_plugin_gets_its_environment(tmp_path: Path, server: FakeServer, clock: InstantClock) -> None:
    plugin = Plugin(tmp_path, "sys.exit(0 if os.environ['MINE'] == 'yes' and os.environ['PATH'] else 1)")
    plugin.path.write_text(
        plugin.path.read_text().replace("sys.exit(0 if", "(None if").replace("else 1)", "else sys.exit(1))")
    )
    server.on("GET", "/version", VERSION)
    assert await ask(plugin.spec(env=(("MINE", "yes"),)), server.url, clock) == [Version(1, 37, 2)]


async def test_a_missing_plugin_says_how_to_install_it(clock: InstantClock) -> None:
    spec = ExecSpec("no-such-login-plugin", user="u", install_hint="brew install\nit")
    error = await problem(spec, clock)
    assert type(error) is BadInput
    assert "'no-such-login-plugin' is not installed" in str(error)
    assert error.next_step.endswith("brew install it")


async def test_a_plugin_that_may_not_be_executed_is_an_error(tmp_path: Path, clock: InstantClock) -> None:
    path = tmp_path / "login"
    path.write_text("x")
    error = await problem(ExecSpec(str(path), user="u"), clock)
    assert "cannot be started" in str(error)


async def test_a_hanging_plugin_and_its_children_are_stopped(tmp_path: Path, clock: InstantClock) -> None:
    pids = tmp_path / "pids"
    plugin = Plugin(
        tmp_path,
        f"""
        child = os.fork()
        open({str(pids)!r}, "a").write(f"{{os.getpid()}}\\n")
        print({CANARY!r}, flush=True)
        time.sleep(60)
        """,
    )
    started = time.monotonic()
    error = await problem(plugin.spec(), clock, patience=0.5)
    assert time.monotonic() - started < 5
    assert type(error) is TemporaryError
    assert "did not answer within 0.5 s" in str(error)
    for pid in map(int, pids.read_text().split()):
        for _ in range(100):
            if not alive(pid):
                break
            time.sleep(0.02)
        assert not alive(pid)


def alive(pid: int) -> bool:
    """Running, not merely waiting for its parent to notice its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "did not print an ExecCredential"),
        (f"{CANARY} not json", "did not print an ExecCredential"),
        (json_module.dumps({"kind": "Pod", "apiVersion": V1}), "something else than an ExecCredential"),
        (
            json_module.dumps({"kind": "ExecCredential", "apiVersion": BETA, "status": {"token": CANARY}}),
            "another version of the protocol than client.authentication.k8s.io/v1",
        ),
        (
            json_module.dumps({"kind": "ExecCredential", "apiVersion": V1}),
            "neither a token nor a certificate",
        ),
        (
            json_module.dumps(
                {
                    "kind": "ExecCredential",
                    "apiVersion": V1,
                    "status": {"clientKeyData": CANARY, "token": "t"},
                }
            ),
            "half a client certificate",
        ),
        (
            json_module.dumps(
                {"kind": "ExecCredential", "apiVersion": V1, "status": {"token": f"{CANARY}\r\nX: y"}}
            ),
            "a token that is none",
        ),
        (
            json_module.dumps(
                {
                    "kind": "ExecCredential",
                    "apiVersion": V1,
                    "status": {"token": "t", "expirationTimestamp": CANARY},
                }
            ),
            "an expiry that is not a time",
        ),
        (
            json_module.dumps(
                {
                    "kind": "ExecCredential",
                    "apiVersion": V1,
                    "status": {"token": CANARY, "expirationTimestamp": "2020-01-01T00:00:00Z"},
                }
            ),
            "expired at 2020-01-01",
        ),
        ("x" * (2 * 1024 * 1024), "printed too much"),
    ],
)
async def test_an_unusable_answer_is_one_error_that_repeats_none_of_it(
    plugin: Plugin, clock: InstantClock, answer: str, said: str
) -> None:
    plugin.answer_file.write_text(answer)
    assert said in str(await problem(plugin.spec(), clock))


async def test_a_failing_plugin_says_its_exit_code_and_nothing_it_printed(
    tmp_path: Path, clock: InstantClock, capfd: pytest.CaptureFixture[str]
) -> None:
    plugin = Plugin(tmp_path, f"print({CANARY!r}); print({CANARY!r}, file=sys.stderr); sys.exit(3)")
    assert "failed with exit code 3" in str(await problem(plugin.spec(), clock))
    assert CANARY not in "".join(capfd.readouterr())


async def test_a_plugin_runs_only_after_consent(plugin: Plugin, clock: InstantClock) -> None:
    asked: list[Wish] = []

    def refuse(wish: Wish) -> bool:
        asked.append(wish)
        return False

    assert type(await problem(plugin.spec(), clock, consent=refuse)) is Forbidden
    assert type(await problem(plugin.spec(), clock, consent=allow_nothing)) is Forbidden
    assert [(wish.harm, wish.subject, wish.arguments) for wish in asked] == [
        (Harm.RUN, str(plugin.path), (CANARY,))
    ]
    assert plugin.runs == 0


async def test_a_plugin_that_always_asks_needs_a_terminal(plugin: Plugin, clock: InstantClock) -> None:
    assert "needs a terminal" in str(await problem(plugin.spec(interactive_mode="Always"), clock))
    assert plugin.runs == 0


async def test_a_plugin_may_answer_with_a_client_certificate(
    plugin: Plugin, clock: InstantClock, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    async with fake_server(context) as fake:
        for name in ("first", "second"):
            me = authority.issue_cert(common_name=name)
            plugin.answers(
                clientCertificateData=me.cert_chain_pems[0].bytes().decode(),
                clientKeyData=me.private_key_pem.bytes().decode(),
            )
            fake.on("GET", "/version", VERSION)
            await ask(plugin.spec(), fake.url, clock, ca=authority.cert_pem.bytes())
    presented = [dict(part[0] for part in seen.peer_certificate["subject"]) for seen in fake.seen]  # type: ignore[index]
    assert [subject["commonName"] for subject in presented] == ["first", "second"]
    assert not list(plugin.folder.glob("*.pem"))


def test_secrets_of_a_plugin_do_not_show_in_its_repr(plugin: Plugin) -> None:
    assert CANARY not in repr(plugin.spec(env=(("A", CANARY),)))
