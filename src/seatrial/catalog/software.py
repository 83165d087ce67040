"""Software that the checks of the happy path recognise: what keeps state, what makes pods for a person."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from seatrial.catalog.tables import read_table


@lru_cache(maxsize=4096)
def stateful_software(repository: str) -> str:
    """The database, queue or store in an image of this repository ("bitnami/postgresql"); "" for none."""
    name = repository.rpartition("/")[2].lower()
    return next((software for pattern, software in _stateful() if fnmatchcase(name, pattern)), "")


def session_software(labels: Mapping[str, str]) -> str:
    """What made a pod with these labels for one person; "" for a pod like others."""
    for label, value, software in _sessions():
        found = labels.get(label)
        if found is not None and fnmatchcase(found, value):
            return software
    return ""


def is_known_chart(name: str) -> bool:
    """A chart that its project publishes for everybody: nobody's own code."""
    return name in _charts()


@cache
def _charts() -> frozenset[str]:
    return frozenset(row["chart"] for row in read_table("public-charts").rows)


@cache
def _stateful() -> tuple[tuple[str, str], ...]:
    return tuple((row["image"], row["software"]) for row in read_table("stateful-software").rows)


@cache
def _sessions() -> tuple[tuple[str, str, str], ...]:
    return tuple((row["label"], row["value"], row["software"]) for row in read_table("session-pods").rows)
