"""Snapshots, plans, manifests and fleet files that are broken, foreign, newer, altered or absurdly large."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import msgspec
import pytest
import zstandard
from tests.cli.attempts import CANARY, Attempt, Fleet, attempt, fleet, refused

__all__ = ["attempt", "fleet"]

HEADER = b'{"kind":"seatrial-snapshot","format":1}\n'
MAKE_ONE = "seatrial snapshot -o FILE"


@pytest.fixture
def taken(attempt: Attempt, fleet: Fleet, tmp_path: Path) -> bytes:
    """A sound snapshot."""
    assert attempt("snapshot", "--kubeconfig", fleet.kubeconfig, "-o", "sound.seatrial").code == 0
    return (tmp_path / "sound.seatrial").read_bytes()


@pytest.fixture
def planned(attempt: Attempt, fleet: Fleet, tmp_path: Path) -> bytes:
    """A sound plan for cluster `a`."""
    made = attempt("plan", "--kubeconfig", fleet.kubeconfig, "--to", "1.37", "-o", "sound.json")
    assert made.code in (0, 1), made.shown
    return (tmp_path / "sound.json").read_bytes()


def packed(content: bytes) -> bytes:
    return HEADER + zstandard.ZstdCompressor().compress(content)


def bomb() -> bytes:
    """A few KiB that say they unpack to 2 GiB of zeros."""
    packer = zstandard.ZstdCompressor().compressobj(size=2 << 30)
    zeros = b"\0" * (16 << 20)
    return HEADER + b"".join(packer.compress(zeros) for _ in range(128)) + packer.flush()


@pytest.mark.parametrize(
    "command", [("check", "--snapshot"), ("rehearse", "--snapshot"), ("snapshot", "inspect")]
)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("not a snapshot", MAKE_ONE)),
        (b"\xff\xfe\x00", ("not a snapshot", MAKE_ONE)),
        (f'{{"digest": "{CANARY}"}}'.encode(), ("not a snapshot", MAKE_ONE)),
        (b'{"kind":"seatrial-snapshot","format":99}\n', ("format 99", "Upgrade Seatrial")),
        (packed(b"\xc1"), ("cannot be read", "cut off or damaged")),
        (packed(msgspec.msgpack.encode({"meta": {"cluster": CANARY}})), ("cannot be read",)),
        (bomb(), ("would unpack to 2048 MiB", "Do not trust")),
    ],
    ids=["empty", "bytes", "plan", "newer", "junk", "fields", "bomb"],
)
def test_what_is_no_snapshot_is_refused_by_name(
    command: tuple[str, ...], content: bytes, words: tuple[str, ...], attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / "bad").write_bytes(content)
    refused(attempt(*command, "bad"), "bad: ", *words)


def test_half_a_snapshot_and_one_with_a_flipped_bit_are_refused(
    attempt: Attempt, taken: bytes, tmp_path: Path
) -> None:
    (tmp_path / "half").write_bytes(taken[: len(taken) // 2])
    refused(attempt("check", "--snapshot", "half"), "half: ", "cut off or damaged")
    flipped = bytearray(taken)
    flipped[len(flipped) // 2] ^= 0xFF
    (tmp_path / "flipped").write_bytes(flipped)
    refused(attempt("check", "--snapshot", "flipped"), "flipped: ", "cut off or damaged")


def test_a_snapshot_that_is_missing_huge_or_a_folder(attempt: Attempt, tmp_path: Path) -> None:
    refused(attempt("check", "--snapshot", "nowhere"), "nowhere: No such file", "Check the path")
    refused(attempt("check", "--snapshot", tmp_path), "Is a directory")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(2 << 30)
    refused(attempt("check", "--snapshot", "huge"), "huge: larger than the 1024 MiB")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("not a plan, or only half of one", "seatrial plan -o FILE")),
        (b"\xff\xfe\x00", ("not a plan",)),
        (b"[]", ("not a plan",)),
        (b"[" * 200_000, ("not a plan",)),
        (b'{"format": 1, "digest": "x", "plan": ' + b"[" * 200_000, ("not a plan",)),
        (f'{{"format": 1, "digest": "{CANARY}", "plan": {{}}}}'.encode(), ("not a plan",)),
        (b" " * (17 << 20), ("larger than any plan",)),
    ],
    ids=["empty", "bytes", "list", "deep", "deep-plan", "fields", "huge"],
)
def test_what_is_no_plan_is_refused_by_name(
    content: bytes, words: tuple[str, ...], attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    refused(attempt("apply", "bad.json", "--yes"), "bad.json: ", *words)


def test_a_plan_that_is_half_altered_newer_or_for_another_cluster_is_not_applied(
    attempt: Attempt, planned: bytes, fleet: Fleet, tmp_path: Path
) -> None:
    def apply(content: bytes, *more: str) -> None:
        (tmp_path / "bad.json").write_bytes(content)
        refused(attempt("apply", "bad.json", "--yes", "--kubeconfig", fleet.kubeconfig), "bad.json: ", *more)

    apply(planned[: len(planned) // 2], "only half of one")
    apply(planned.replace(b"1.37.", b"1.36."), "altered after it was made", "Make the plan again")
    apply(re.sub(rb'"format": \d+', b'"format": 99', planned, count=1), "format 99", "Upgrade Seatrial")
    other = attempt("apply", "sound.json", "--yes", "--kubeconfig", fleet.kubeconfig, "--context", "b")
    refused(other, "a: the plan was made for another cluster than context 'b'", "--context")
    unapproved = attempt("apply", "sound.json", "--kubeconfig", fleet.kubeconfig)
    assert "nobody is there to approve" in unapproved.err
    assert unapproved.code == 4
    refused(attempt("apply", "nowhere.json", "--yes"), "nowhere.json: ", "No such file")
    refused(attempt("apply", tmp_path, "--yes"), "Is a directory")


@pytest.mark.parametrize("command", ["check", "plan", "rehearse"])
@pytest.mark.parametrize("version", ["1.99", "2.0", "x", "1", "-1", "1.37.", "1.37.0.1"])
def test_a_version_that_does_not_exist(command: str, version: str, attempt: Attempt, fleet: Fleet) -> None:
    refused(attempt(command, "--kubeconfig", fleet.kubeconfig, "--to", version), "Kubernetes", "1.37")


@pytest.mark.parametrize("command", ["plan", "rehearse"])
def test_a_patch_that_cannot_exist_yet(command: str, attempt: Attempt, fleet: Fleet) -> None:
    outcome = attempt(command, "--kubeconfig", fleet.kubeconfig, "--to", "1.37.99")
    refused(outcome, "there is no Kubernetes 1.37.99", "newest patch of 1.37")


MANIFESTS = {
    "twice.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nmetadata: {name: y}\n",
    "alias-bomb.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "apiVersion: v1\nkind: Pod\n",
    "circle.yaml": "apiVersion: v1\nkind: &a\n  b: *a\n",
    "deep.yaml": "a: " + "{b: " * 100_000,
    "template.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}\n",
    "half.json": '{"apiVersion": "v1", "kind": "Pod"',
    "types.yaml": "apiVersion: []\nkind: 5\n",
    "empty.yaml": "",
    "latin.yaml": "Stra\udcdfe",
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_cannot_be_read_makes_the_answer_incomplete(
    name: str, attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(MANIFESTS[name].encode("utf-8", "surrogateescape"))
    begun = time.monotonic()
    outcome = attempt("check", name, "--to", "1.37")
    assert outcome.code == 3, outcome.shown
    assert name in outcome.out
    assert time.monotonic() - begun < 20  # the parser alone would take minutes


def test_one_broken_document_does_not_hide_the_next(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(
        "a: [1\n---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
    )
    outcome = attempt("check", "all.yaml", "--to", "1.37", "-o", "json")
    report = json.loads(outcome.out)
    assert (outcome.code, report["exitCode"]) == (2, 2)
    assert [each["severity"] for each in report["findings"]] == ["blocker"]
    assert len(report["incomplete"]) == 1


def test_a_manifest_of_hundred_megabytes_is_not_read(attempt: Attempt, tmp_path: Path) -> None:
    with (tmp_path / "huge.yaml").open("wb") as huge:
        huge.truncate(100 << 20)
    outcome = attempt("check", "huge.yaml", "--to", "1.37")
    assert outcome.code == 3
    assert "larger than 64 MiB" in outcome.out


FLEET = "clusters: [{name: a, version: '1.36', tier: test, provider: {kind: eks}}]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("bad.yaml:1", "empty")),
        ("hello", ("bad.yaml:1", "mapping")),
        ("clusters: [1,\n", ("not YAML",)),
        (FLEET + "clusters: []\n", ("bad.yaml:2", "'clusters' is written twice; the first is on line 1")),
        (FLEET + "clustrs: []\n", ("bad.yaml:2", "did you mean 'clusters'")),
        (FLEET.replace("eks", "azure"), ("bad.yaml:1", "clusters[0].provider.kind", "'azure' is not one of")),
        (FLEET.replace("1.36", "1.99"), ("bad.yaml:1", "there is no Kubernetes 1.99")),
        (FLEET.replace("'1.36'", "[]"), ("clusters[0].version", "is not text")),
        (FLEET + "format: 2\n", ("bad.yaml:2", "format 2", "Upgrade Seatrial")),
        (FLEET + "---\n" + FLEET, ("bad.yaml:3", "a second document starts here")),
        (FLEET + 'name: "\\e[31mred"\n', ("bad.yaml:2", "is not a name")),
        (FLEET + '"\\e[31m": 1\n', ("bad.yaml:2", "there is no such field")),
        (MANIFESTS["circle.yaml"], ("an alias holds itself",)),
        (MANIFESTS["alias-bomb.yaml"], ("aliases counted",)),
    ],
)
def test_a_fleet_file_is_refused_with_the_line(
    text: str, words: tuple[str, ...], attempt: Attempt, tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    refused(attempt("fleet", "validate", "bad.yaml"), *words)
    start = ("rollout", "start", "--fleet", "bad.yaml", "--release", "r", "--strategy", "s", "--yes")
    refused(attempt(*start), *words)
    refused(attempt("plan", "--fleet", "bad.yaml", "--cluster", "a", "--release", "r"), *words)
    refused(attempt("rehearse", "--fleet", "bad.yaml", "--cluster", "a", "--release", "r"), *words)


def test_a_fleet_file_that_is_missing_bytes_or_a_folder(attempt: Attempt, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    refused(attempt("fleet", "validate", "bad.yaml"), "bad.yaml: byte 0 is not UTF-8 text")
    refused(attempt("fleet", "show", "nowhere"), "nowhere: there is no such file")
    refused(attempt("fleet", "validate", tmp_path), "is a directory")
