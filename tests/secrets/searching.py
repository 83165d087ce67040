"""Searches all bytes for canaries: in every spelling, over line ends, and inside of what is packed.

What is compressed (gzip, zlib, zstandard), base64 or hex is unpacked wherever it begins, and searched
again; a database is also read row by row, since a value may lie over two of its pages, and a Git
repository object by object, since it keeps differences.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import sqlite3
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import zstandard
from psycopg.sql import SQL, Identifier
from tests.secrets.canaries import Canary

_DEEPEST = 4
_BLANKS = re.compile(rb"(?:\\r|\\n|[\s\"'\\,])+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-f]{2}){20,}|(?:[0-9A-F]{2}){20,}")
_EMPTY = re.compile(rb"\0{64,}")
_MOST = 64 << 20
_USERS = """
    SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
    JOIN information_schema.tables USING (table_catalog, table_schema, table_name)
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
"""


def leaks_below(folder: Path, canaries: Iterable[Canary]) -> list[str]:
    """ "FILE: PLACE as SPELLING" for each file in or below the folder."""
    planted = list(canaries)
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder)
        parts = [path.name.encode()]
        if path.name == ".git":
            parts += _git_objects(path)
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            parts += [content, *(_rows(path) if content.startswith(b"SQLite format 3") else ())]
        told = {leak for part in parts for leak in leaks(part, planted)}
        found += [f"{where}: {leak}" for leak in sorted(told)]
    return found


def leaks_in_postgres(folder: Path, url: str, canaries: Iterable[Canary]) -> list[str]:
    """In each file of the server (tables, write-ahead log, its own log), and in each row of the database."""
    planted, searched, found = list(canaries), set[bytes](), set[str]()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("CHECKPOINT")
        for table, row in _rows_of_postgres(db):
            found.update(f"{table}: {leak}" for leak in leaks(row, planted))
    for path in (*sorted((folder / "data").rglob("*")), folder / "log"):
        content = _EMPTY.sub(bytes(64), path.read_bytes()) if path.is_file() else b""
        if content not in searched:  # each database begins as a copy of another
            searched.add(content)
            found.update(f"{path.relative_to(folder)}: {leak}" for leak in leaks(content, planted))
    return sorted(found)


def keep_uncompressed(url: str) -> None:
    """Have PostgreSQL compress no value of the tables that are there, as no search unpacks its way."""
    with psycopg.connect(url, autocommit=True) as db:
        for schema, table, column, kind in db.execute(_USERS).fetchall():
            if kind in ("bytea", "text", "json", "jsonb", "character varying"):
                alter = SQL("ALTER TABLE {} ALTER COLUMN {} SET STORAGE EXTERNAL")
                db.execute(alter.format(Identifier(schema, table), Identifier(column)))


def _rows_of_postgres(db: psycopg.Connection) -> Iterator[tuple[str, bytes]]:
    for schema, table in sorted({(schema, table) for schema, table, *_ in db.execute(_USERS).fetchall()}):
        for row in db.execute(SQL("SELECT * FROM {}").format(Identifier(schema, table))):
            for value in row:
                yield f"{schema}.{table}", value if isinstance(value, bytes) else _written(value)


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


def _git_objects(folder: Path) -> Iterator[bytes]:
    """Commits, trees and contents, of every branch and of none."""
    command = ["git", "--git-dir", str(folder), "cat-file", "--batch-all-objects", "--batch", "--unordered"]
    yield subprocess.run(command, check=True, capture_output=True).stdout


def leaks(content: bytes, canaries: Iterable[Canary]) -> list[str]:
    """ "PLACE as SPELLING" for what is found in the bytes or in what is packed in them."""
    needles = [(f"{each.place} as {how}", needle) for each in canaries for how, needle in each.spellings()]
    found: set[str] = set()
    for part in _layers(content, _DEEPEST):
        found.update(what for what, needle in needles if needle in part)
    return sorted(found)


def _layers(content: bytes, depth: int) -> Iterator[bytes]:
    """The bytes, the same without blanks and quotes, and all that unpacks from somewhere in them."""
    yield content
    dense = _BLANKS.sub(b"", content)
    if dense != content:
        yield dense
    if not depth:
        return
    for packed in {content, dense}:
        for inner in _unpacked(packed):
            yield from _layers(inner, depth - 1)


def _unpacked(content: bytes) -> Iterator[bytes]:
    for found in re.finditer(rb"\x1f\x8b\x08", content):
        yield from _inflated(content[found.start() :], 31)
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content):
        yield from _inflated(content[found.start() :], 15)
    for found in re.finditer(rb"\x28\xb5\x2f\xfd", content):
        try:
            yield zstandard.ZstdDecompressor().decompressobj().decompress(content[found.start() :])
        except zstandard.ZstdError:
            continue
    for match in _HEX.finditer(content):
        yield bytes.fromhex(match[0].decode())
    for match in _BASE64.finditer(content):
        text = match[0].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            yield base64.b64decode(text[: len(text) // 4 * 4])
        except binascii.Error:
            continue


def _inflated(content: bytes, window: int) -> Iterator[bytes]:
    try:
        plain = zlib.decompressobj(wbits=window).decompress(content, _MOST)
    except zlib.error:
        return
    if plain:
        yield plain


def _rows(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for row in db.execute(f'select * from "{table}"'):
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()
