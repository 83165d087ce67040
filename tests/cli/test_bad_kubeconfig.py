"""A kubeconfig, context or credential that cannot be used: every command that reads a cluster says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.attempts import CANARY, Attempt, Fleet, attempt, fleet, refused

__all__ = ["attempt", "fleet"]

READERS = (
    ("check",),
    ("snapshot", "-o", "new.seatrial"),
    ("plan", "--to", "1.37", "-o", "new.json"),
    ("rehearse",),
)
Broken = Callable[[str], str]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader[0])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1,\n b", ("kc:3", "not valid YAML")),
        ("clusters: []\nclusters: []\n", ("kc:2", "'clusters' is written twice")),
        ("", ("kc", "no cluster")),
        ("current-context: a\nkind: Config\n", ("kc", "no context", "cut off")),
        ("kind: Pod\n", ("kc", "another kind of object")),
        ("hello", ("kc", "not a mapping")),
        (f"clusters: 5\nusers: {{token: {CANARY}}}\n", ("kc", "wrong type", "clusters")),
    ],
    ids=["yaml", "twice", "empty", "cut-off", "pod", "text", "types"],
)
def test_a_broken_kubeconfig_is_named_with_its_line(
    reader: tuple[str, ...], text: str, words: tuple[str, ...], attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / "kc").write_text(text)
    refused(attempt(*reader, "--kubeconfig", "kc"), *words)
    assert not (tmp_path / "new.seatrial").exists()
    assert not (tmp_path / "new.json").exists()


def test_a_folder_and_bytes_are_no_kubeconfig(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "kc").write_bytes(b"\xff\xfe\x00\x80")
    refused(attempt("check", "--kubeconfig", "kc"), "kc", "not UTF-8")
    refused(attempt("check", "--kubeconfig", tmp_path), str(tmp_path), "Is a directory")
    refused(attempt("check", "--kubeconfig", "nowhere"), "nowhere", "does not exist")
    refused(attempt("check"), "no kubeconfig was found", "KUBECONFIG")


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader[0])
def test_an_unknown_context_is_answered_with_those_that_exist(
    reader: tuple[str, ...], attempt: Attempt, fleet: Fleet
) -> None:
    outcome = attempt(*reader, "--kubeconfig", fleet.kubeconfig, "--context", "prod")
    refused(outcome, str(fleet.kubeconfig), "'prod'", "a, b")


def token(text: str) -> str:
    """Every token becomes another, as if it had expired."""
    return _lines(text, "token:", f"token: {CANARY}")


def dead_port(text: str) -> str:
    return _lines(text, "server:", "server: https://127.0.0.1:1/clusters/a")


def no_such_name(text: str) -> str:
    return _lines(text, "server:", "server: https://cluster.invalid")


def other_authority(text: str) -> str:
    import base64

    import trustme

    pem = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
    return _lines(text, "certificate-authority-data:", f"certificate-authority-data: {pem}")


def plugin(command: str, *more: str) -> Broken:
    def written(text: str) -> str:
        return _lines(
            text,
            "token:",
            "exec:",
            "  apiVersion: client.authentication.k8s.io/v1",
            "  interactiveMode: Never",
            f"  command: {command}",
            *(f"  {line}" for line in more),
        )

    return written


def _lines(text: str, old: str, *new: str) -> str:
    found = []
    for line in text.splitlines():
        at = line.find(old)
        found += [line] if at < 0 else [line[:at] + each for each in new]
    return "\n".join(found) + "\n"


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader[0])
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (token, ("a: GET", "401", "Log in again")),
        (dead_port, ("127.0.0.1:1", "connection refused", "VPN")),
        (no_such_name, ("cluster.invalid", "does not resolve")),
        (other_authority, ("not signed by this cluster's certificate authority", "Renew the kubeconfig")),
        (
            plugin("no-such-login", "installHint: Ask in the shop."),
            ("'no-such-login' is not installed", "Ask in the shop."),
        ),
        (
            plugin("sh", f"args: ['-c', 'echo {CANARY}; echo {CANARY} >&2; exit 3']"),
            ("'sh' failed with exit code 3", "Run it by hand"),
        ),
        (plugin("echo", f"args: [{CANARY}]"), ("did not print an ExecCredential",)),
    ],
    ids=["expired", "down", "dns", "certificate", "plugin-missing", "plugin-fails", "plugin-babbles"],
)
def test_a_cluster_out_of_reach_is_said_once(
    reader: tuple[str, ...],
    broken: Broken,
    words: tuple[str, ...],
    attempt: Attempt,
    fleet: Fleet,
    tmp_path: Path,
) -> None:
    (tmp_path / "kc").write_text(broken(fleet.kubeconfig.read_text()))
    refused(attempt(*reader, "--kubeconfig", "kc"), *words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kc"]
