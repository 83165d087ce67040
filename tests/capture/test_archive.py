"""Snapshot files: what was written comes back; anything else is refused in one sentence."""

import stat
from pathlib import Path

import pytest
import zstandard
from tests.capture.test_redact import a_full_snapshot

from seatrial.capture import archive
from seatrial.capture.archive import load, save
from seatrial.capture.redact import portable
from seatrial.cluster.models import Pod
from seatrial.cluster.objects import GroupKind
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import BadFormat, BadInput, NewerFormat


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "harbour.seatrial"
    save(portable(a_full_snapshot()), path)
    return path


def as_values(snapshot: Snapshot) -> object:
    return (
        snapshot.meta,
        [
            (each.gvr, each.kind, each.namespaced, [bytes(i) for i in each.items])
            for each in snapshot.resources
        ],
        snapshot.unread,
        snapshot.metrics,
        snapshot.releases,
        snapshot.provider,
    )


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    snapshot = portable(a_full_snapshot())
    path = tmp_path / "harbour.seatrial"
    size = save(snapshot, path)
    assert size == path.stat().st_size
    assert as_values(load(path)) == as_values(snapshot)
    assert load(path).read(Pod) == ()
    assert load(path).objects(GroupKind("apps", "Deployment"))[0]["metadata"]["name"] == "web"


def test_only_the_owner_can_read_it(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_a_snapshot_with_secrets_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="portable"):
        save(a_full_snapshot(), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [0, 10, 60, 200, -1])
def test_half_a_file_is_refused(written: Path, cut: int) -> None:
    written.write_bytes(written.read_bytes()[:cut])
    with pytest.raises(BadFormat, match=str(written)):
        load(written)


def test_a_changed_byte_is_noticed(written: Path) -> None:
    data = bytearray(written.read_bytes())
    data[len(data) // 2] ^= 0xFF
    written.write_bytes(bytes(data))
    with pytest.raises(BadFormat):
        load(written)


def test_a_newer_format_is_refused_before_it_is_unpacked(written: Path) -> None:
    written.write_bytes(b'{"kind":"seatrial-snapshot","format":99}\nwhatever')
    with pytest.raises(NewerFormat, match="format 99"):
        load(written)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"kind":"seatrial-plan","format":1}\n')
    with pytest.raises(BadFormat, match="not a snapshot"):
        load(path)


def test_a_bomb_is_not_unpacked(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = written.read_bytes().partition(b"\n")[0]
    bomb = zstandard.ZstdCompressor().compress(b"\0" * 2_000_000)
    written.write_bytes(header + b"\n" + bomb)
    monkeypatch.setattr(archive, "LARGEST_CONTENT", 1_000_000)
    with pytest.raises(BadFormat, match="unpack"):
        load(written)


def test_an_oversized_file_is_not_read(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_FILE", 10)
    with pytest.raises(BadInput, match="larger"):
        load(written)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(BadInput, match=str(path)):
            load(path)


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        save(portable(a_full_snapshot()), tmp_path / "no" / "folder" / "x")
