"""A kubeconfig that somebody handed over: what it cannot make this machine do. See docs/threat-model.md."""

from __future__ import annotations

import json as json_module
import os
from pathlib import Path
from typing import Any

import pytest
from tests.kube.fake_server import FakeServer, json
from tests.kube.instant_clock import InstantClock

from seatrial.errors import BadInput, Forbidden, SeatrialError
from seatrial.kube import Kubeconfig, ReadClient, Wish, connect, consent_given

CANARY = "canary-8f14e45fceea167a"
VERSION = json({"gitVersion": "v1.37.2"})


def handed_over(folder: Path, url: str, user: dict[str, Any], **cluster: Any) -> Path:
    """In a folder of its own, as people save attachments."""
    path = folder / "attachments" / "kubeconfig"
    path.parent.mkdir()
    path.write_text(
        json_module.dumps(
            {
                "clusters": [{"name": "c", "cluster": {"server": url, **cluster}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    return path


async def use(path: Path, clock: InstantClock, **more: Any) -> None:
    async with connect(Kubeconfig.load(path, env={}).access(), clock, **more) as session:
        await ReadClient(session).version()


def plugin(command: str, *args: str, **more: Any) -> dict[str, Any]:
    api_version = "client.authentication.k8s.io/v1"
    entry = {"command": command, "args": args, "apiVersion": api_version, "interactiveMode": "Never", **more}
    return {"exec": entry}


async def test_a_command_does_not_run_unless_somebody_allows_it(
    tmp_path: Path, server: FakeServer, clock: InstantClock
) -> None:
    mark = tmp_path / "mark"
    path = handed_over(tmp_path, server.url, plugin("/bin/sh", "-c", f"touch {mark}"))
    with pytest.raises(Forbidden, match="nobody has allowed"):
        await use(path, clock)
    assert not mark.exists()
    assert server.seen == []


async def test_a_command_in_another_context_is_of_no_concern(
    tmp_path: Path, server: FakeServer, clock: InstantClock
) -> None:
    server.on("GET", "/version", VERSION)
    path = handed_over(tmp_path, server.url, {"token": "t"})
    content = json_module.loads(path.read_text())
    content["users"].append({"name": "evil", "user": plugin("/bin/false")})
    path.write_text(json_module.dumps(content))
    await use(path, clock)


async def test_the_plugin_that_is_run_is_the_one_that_was_asked_about(
    tmp_path: Path, server: FakeServer, clock: InstantClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one of the same name in a folder that the kubeconfig puts into the plugin's PATH."""
    server.on("GET", "/version", VERSION)
    answer = json_module.dumps(
        {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "t"}}
    )
    for folder, body in (("good", f"echo '{answer}'"), ("evil", f"touch {tmp_path}/mark")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "login").write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / folder / "login").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/good:{os.environ['PATH']}")
    asked: list[Wish] = []

    def allow(wish: Wish) -> bool:
        asked.append(wish)
        return True

    env = [{"name": "PATH", "value": f"{tmp_path}/evil:/bin:/usr/bin"}]
    await use(handed_over(tmp_path, server.url, plugin("login", env=env)), clock, consent=allow)
    assert [wish.subject for wish in asked] == [f"{tmp_path}/good/login"]
    assert not (tmp_path / "mark").exists()


async def test_a_file_of_ours_is_not_sent_to_its_server(
    tmp_path: Path, server: FakeServer, clock: InstantClock
) -> None:
    (tmp_path / ".vault-token").write_text(CANARY)
    path = handed_over(tmp_path, server.url, {"tokenFile": "../.vault-token"})
    with pytest.raises(Forbidden, match="wants to send this file"):
        await use(path, clock)
    assert server.seen == []


@pytest.mark.parametrize(
    "content",
    [f"root:{CANARY}:19000:0\ndaemon:*:19000:0\n", f"key = {CANARY}", "\x7fELF\0\0", "", "é" * 9],
    ids=["shadow", "ini", "binary", "empty", "text"],
)
async def test_even_when_allowed_only_what_looks_like_a_token_is_sent(
    tmp_path: Path, server: FakeServer, clock: InstantClock, content: str
) -> None:
    (tmp_path / "file").write_text(content)
    path = handed_over(tmp_path, server.url, {"tokenFile": "../file"})
    with pytest.raises(BadInput, match="something else than a token") as caught:
        await use(path, clock, consent=consent_given)
    assert CANARY not in str(caught.value)
    assert server.seen == []


@pytest.mark.parametrize("field", ["tokenFile", "client-certificate", "certificate-authority"])
@pytest.mark.parametrize("kind", ["device", "pipe", "huge"])
async def test_a_path_that_never_ends_is_refused_at_once(tmp_path: Path, field: str, kind: str) -> None:
    target = Path("/dev/zero")
    if kind == "pipe":
        target = tmp_path / "pipe"
        os.mkfifo(target)
    elif kind == "huge":
        target = tmp_path / "huge"
        with target.open("wb") as file:
            file.truncate(1 << 40)
    (tmp_path / "key").write_text("k")
    of_cluster = {field: str(target)} if field == "certificate-authority" else {}
    of_user = (
        {} if of_cluster else {field: str(target), **({"client-key": "../key"} if "client" in field else {})}
    )
    path = handed_over(tmp_path, "https://127.0.0.1:9", of_user, **of_cluster)
    with pytest.raises(SeatrialError, match=f"its {field} .* cannot be read") as caught:
        Kubeconfig.load(path, env={}).access()
    assert len(str(caught.value)) < 1000


async def test_an_authority_that_is_another_secret_file_is_neither_sent_nor_shown(
    tmp_path: Path, server: FakeServer, clock: InstantClock
) -> None:
    (tmp_path / "secret").write_text(CANARY)
    url = server.url.replace("http://", "https://")
    path = handed_over(tmp_path, url, {"token": "t"}, **{"certificate-authority": "../secret"})
    with pytest.raises(BadInput) as caught:
        await use(path, clock)
    assert CANARY not in str(caught.value)


async def test_a_redirect_takes_no_credential_elsewhere(
    tmp_path: Path, server: FakeServer, clock: InstantClock
) -> None:
    from aiohttp import web

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{server.url}/stolen"})

    server.on("GET", "/version", elsewhere)
    with pytest.raises(SeatrialError, match="redirect"):
        await use(handed_over(tmp_path, server.url, {"token": CANARY}), clock)
    assert [seen.path for seen in server.seen] == ["/version"]
