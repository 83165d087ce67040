"""The checks' reference page is made of their docstrings, and is current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.checks.check import Check, Section
from seatrial.checks.registry import all_checks

PUBLISHED = Path(__file__).parents[2] / "docs/checks.md"

_HEAD = """\
# Checks

`seatrial check` runs all of a profile; `seatrial checks show ID` shows one of these pages.
[reports.md](reports.md) describes what comes out, and the exit codes.

This page is made from the docstrings in `src/seatrial/checks/rules` (`pytest tests/checks/test_reference.py
--update-golden`); edit those.

What a check needs and could not read is reported as *incomplete*, never as clean. Checks with *facts* in
the last column ask Seatrial's tables about the target; past the newest minor in them (`seatrial facts
releases`) they say that they do not know. What is [given](inputs.md) decides which run: those that look at
objects as they are written run over files too.
"""
_READS = {
    Section.CLUSTER: "versions and metadata",
    Section.METRICS: "the API servers' metrics",
    Section.RELEASES: "Helm's release records",
    Section.PROVIDER: "the provider's state",
    Section.MANIFESTS: "files",
    Section.AUDIT: "audit logs",
    Section.CUSTOM_RESOURCES: "custom resources",
}


def reference() -> str:
    """The page as docs/checks.md holds it."""
    return "\n".join([_HEAD, *_table(), *(_page(each) for each in all_checks())])


def _table() -> Iterator[str]:
    yield "| check | what it finds | reads |"
    yield "|---|---|---|"
    for each in all_checks():
        yield f"| [`{each.id}`](#{each.id}) | {each.title} | {_reads(each)} |"


def _reads(check: Check) -> str:
    reads = [_READS[each] if isinstance(each, Section) else each.__name__ for each in check.reads]
    return ", ".join([*reads, "*facts*"] if check.uses_facts else reads)


def _page(check: Check) -> str:
    return f"\n## {check.id}\n\n{check.page}"


def test_the_reference_is_current(request: pytest.FixtureRequest) -> None:
    page = reference() + "\n"
    if request.config.getoption("--update-golden"):
        PUBLISHED.write_text(page)
    assert PUBLISHED.read_text() == page, "run the test once with --update-golden"


def test_every_page_says_what_why_how_to_fix_and_where_it_is_from() -> None:
    for check in all_checks():
        parts = [part.partition("**")[0] for part in check.page.split("\n\n**")[1:]]
        assert parts == ["What.", "Why.", "How to fix.", "Source."], check.id
