"""The search finds what was planted: a search that finds nothing must not pass for a proof."""

from __future__ import annotations

import base64
import gzip
import json
import random
import sqlite3
import subprocess
import textwrap
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import psycopg
import pytest
import ryaml
import zstandard
from tests.postgres import run_postgres
from tests.secrets.canaries import Canaries, Canary
from tests.secrets.searching import keep_uncompressed, leaks, leaks_below, leaks_in_postgres

CANARY = Canaries(random.Random(3)).at("place")
VALUE = CANARY.value


def _helm_record(value: str) -> bytes:
    """base64 of base64 of gzip of JSON, as in a Secret."""
    packed = gzip.compress(json.dumps({"config": {"password": value}}).encode())
    return json.dumps({"data": {"release": base64.b64encode(base64.b64encode(packed)).decode()}}).encode()


def _pem(value: str) -> bytes:
    body = "\n".join(textwrap.wrap(base64.b64encode(f"key of {value} and more".encode()).decode(), 16))
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n".encode()


SPELLED: dict[str, bytes] = {
    "plain": VALUE.encode(),
    "JSON": json.dumps({"a": [VALUE]}).encode(),
    "JSON in JSON": json.dumps(json.dumps({"a": VALUE})).encode(),
    "YAML": ryaml.dumps({"a": VALUE}).encode(),
    "repr": repr(VALUE).encode(),
    "URL": CANARY.in_url.encode(),
    "hex": VALUE.encode().hex().encode(),
    "hex of JSON in base64": base64.b64encode(json.dumps({"a": VALUE}).encode()).hex().encode(),
    "UTF-16": VALUE.encode("utf-16"),
    **{f"base64+{n}": base64.b64encode(b"x" * n + VALUE.encode() + b"y") for n in range(4)},
    "base64 for URLs": base64.urlsafe_b64encode(VALUE.encode()),
    "base64 twice": base64.b64encode(base64.b64encode(VALUE.encode())),
    "wrapped base64": textwrap.fill(base64.b64encode(VALUE.encode()).decode(), 7).encode(),
    "a letter per line": "\n".join(VALUE).encode(),
    "PEM": _pem(VALUE),
    "PEM in JSON": json.dumps(_pem(VALUE).decode()).encode(),
    "gzip": b"before" + gzip.compress(VALUE.encode()) + b"after",
    "zstandard": b"head\n" + zstandard.compress(VALUE.encode()),
    "Helm's record": _helm_record(VALUE),
    "a snapshot of it": zstandard.compress(msgspec.msgpack.encode([_helm_record(VALUE)])),
}


@pytest.mark.parametrize("content", SPELLED.values(), ids=SPELLED)
def test_a_canary_is_found_however_it_is_written(content: bytes) -> None:
    assert leaks(content, [CANARY])
    assert not leaks(content, [Canary("place", "another-core")])


def test_a_canary_is_found_in_files_their_names_and_over_the_pages_of_a_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as db:
        db.execute("create table t (value blob)")
        for start in range(4060, 4100):  # wherever the page ends
            db.execute("insert into t values (?)", (b"x" * start + CANARY.core.encode(),))
        db.commit()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "log").write_text(f"line\n{VALUE}\n")
    (tmp_path / CANARY.core).touch()
    assert set(leaks_below(tmp_path, [CANARY])) == {
        f"{CANARY.core}: place as plain",
        "inner/log: place as plain",
        "state.db: place as plain",
    }


def test_what_is_clean_is_clean(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(random.Random(1).randbytes(1 << 20))
    assert leaks_below(tmp_path, [Canaries(random.Random(n)).at("p") for n in range(20)]) == []


def test_a_canary_is_found_in_git_packed_as_a_difference(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=Ann", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True
        )

    git("init", "-q")
    for line in ("first", CANARY.core, "third"):
        content = "".join(f"{number} {random.Random(number).random()}\n" for number in range(2000))
        (tmp_path / "file").write_text(content + line)
        git("add", "file")
        git("commit", "-qm", "Change")
    git("repack", "-q", "-a", "-d", "-f", "--depth=50")
    (tmp_path / "file").unlink()
    assert ".git: place as plain" in leaks_below(tmp_path, [CANARY])


@pytest.mark.slow
def test_a_canary_is_found_in_each_place_where_postgres_keeps_it() -> None:
    log_all = {"log_statement": "all", "log_parameter_max_length": "-1"}
    with contextmanager(run_postgres)(log_all) as server:
        url = server.new_database()
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("CREATE TABLE t (value bytea)")
            keep_uncompressed(url)
            filler = b"x" * 9000
            db.execute("INSERT INTO t VALUES (%b)", [filler + CANARY.core.encode() + filler])
        found = leaks_in_postgres(server.folder, url, [CANARY])
        assert "public.t: place as plain" in found
        assert "log: place as hex" in found
        assert any(each.startswith("data/base/") for each in found)
        assert any(each.startswith("data/pg_wal/") for each in found)
