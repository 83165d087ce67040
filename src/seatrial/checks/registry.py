"""Finds the checks: every file in `rules` is one, so adding a check touches no list."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from seatrial.catalog import api_catalog
from seatrial.checks import rules
from seatrial.checks.check import Check
from seatrial.cluster.objects import GroupKind
from seatrial.errors import BadInput


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, by id."""
    found = []
    for file in iter_modules(rules.__path__):
        module = import_module(f"{rules.__name__}.{file.name}")
        found += [value for value in vars(module).values() if isinstance(value, Check)]
    return tuple(sorted(found, key=lambda each: each.id))


def kinds_to_read() -> frozenset[GroupKind]:
    """What a capture must read for all checks; a narrower one makes some of them incomplete."""
    typed = {each.group_kind() for check in all_checks() for each in check.reads if isinstance(each, type)}
    records = {GroupKind("", "Secret"), GroupKind("", "ConfigMap")}
    once_lost_a_version = {
        each.gvk.group_kind for each in api_catalog() if each.removed is not None and each.resource
    }
    return frozenset(typed | records | once_lost_a_version)


def get_check(id: str) -> Check:
    for each in all_checks():
        if each.id == id:
            return each
    raise BadInput(f"there is no check {id!r}.", next_step="See `seatrial check --list`.")
