"""How findings name and count things, the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable


def named(names: Iterable[str], most: int = 5) -> str:
    """ "a, b, c and 2 more", in order and each once."""
    ordered = sorted(set(names))
    shown = ", ".join(ordered[:most])
    return f"{shown} and {len(ordered) - most} more" if len(ordered) > most else shown


def counted(count: int, noun: str) -> str:
    """ "1 pod", "2 pods"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def qualified(namespace: str, name: str) -> str:
    """ "shop/web"; "web" where no namespace is named, as in some files."""
    return f"{namespace}/{name}" if namespace else name


def within(namespace: str) -> str:
    """How a finding about things of one namespace begins; nothing where none is named, as in some files."""
    return f"Namespace {namespace}: " if namespace else ""
