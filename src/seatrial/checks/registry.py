"""Finds the checks: every file in `rules` is one, so adding a check touches no list."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from seatrial.catalog import api_catalog
from seatrial.checks import rules
from seatrial.checks.check import Check, Section
from seatrial.cluster.models import Namespace
from seatrial.cluster.objects import EVERY_CUSTOM_KIND, GroupKind
from seatrial.errors import BadInput


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, by id."""
    found = []
    for file in iter_modules(rules.__path__):
        module = import_module(f"{rules.__name__}.{file.name}")
        found += [value for value in vars(module).values() if isinstance(value, Check)]
    return tuple(sorted(found, key=lambda each: each.id))


def kinds_to_read(checks: Iterable[Check] | None = None) -> frozenset[GroupKind]:
    """What a capture must read for these checks, or for all; a narrower one makes some incomplete."""
    wanted = {each for check in (all_checks() if checks is None else checks) for each in check.reads}
    kinds = {Namespace.group_kind()}  # their labels say whom to ask
    kinds |= {each.group_kind() for each in wanted if isinstance(each, type)}
    if Section.RELEASES in wanted:
        kinds |= {GroupKind("", "Secret"), GroupKind("", "ConfigMap")}
    if Section.CLUSTER in wanted:
        kinds |= {each.gvk.group_kind for each in api_catalog() if each.removed is not None and each.resource}
    if Section.CUSTOM_RESOURCES in wanted:
        kinds.add(EVERY_CUSTOM_KIND)
    return frozenset(kinds)


def get_check(id: str) -> Check:
    """Its file alone is loaded, where it has the check's name; raises `BadInput` for an unknown id."""
    name = id.replace("-", "_")
    if any(file.name == name for file in iter_modules(rules.__path__)):
        for value in vars(import_module(f"{rules.__name__}.{name}")).values():
            if isinstance(value, Check) and value.id == id:
                return value
    for each in all_checks():
        if each.id == id:
            return each
    raise BadInput(f"there is no check {id!r}.", next_step="See `seatrial checks list`.")
