"""What the documentation shows is true: its fleet files are valid, its links lead somewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from seatrial.cli.main import COMMANDS, root
from seatrial.fleet.load import parse_fleet, read_fleet
from seatrial.fleet.schema import schema_text

ROOT = Path(__file__).parents[2]
FLEET_PAGE = ROOT / "docs/fleet-file.md"
COMMANDS_PAGE = ROOT / "docs/commands.md"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCED_YAML = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)


def fleet_examples() -> list[str]:
    return _FENCED_YAML.findall(FLEET_PAGE.read_text())


def test_the_page_of_the_fleet_file_has_an_example() -> None:
    assert fleet_examples()


@pytest.mark.parametrize("text", fleet_examples())
def test_an_example_of_a_fleet_file_is_valid(text: str, tmp_path: Path) -> None:
    for path in _named_paths(text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "fleet.yaml").write_text(text)
    assert read_fleet(tmp_path / "fleet.yaml").clusters


def test_every_field_of_the_fleet_file_is_described() -> None:
    page = FLEET_PAGE.read_text()
    assert [name for name in _fields(json.loads(schema_text())) if f"`{name}`" not in page] == []


def _named_paths(text: str) -> list[str]:
    """The charts and values files that a fleet file names."""
    named: list[str] = []

    def is_there(path: str) -> bool:
        named.append(path)
        return True

    parse_fleet(text, source="docs", is_there=is_there)
    return named


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    yield from schema["properties"]
    for part in schema["$defs"].values():
        yield from part.get("properties", {})


def test_every_command_has_a_section_and_every_option_in_it_exists() -> None:
    sections = dict(
        re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", COMMANDS_PAGE.read_text(), re.DOTALL | re.MULTILINE)
    )
    assert tuple(name for name in sections if name != "Environment") == COMMANDS
    unknown = {
        name: sorted(set(re.findall(r"(?<![\w-])--[a-z-]+", sections[name])) - _options(name))
        for name in COMMANDS
    }
    assert {name: options for name, options in unknown.items() if options} == {}


def test_every_variable_of_ours_is_described() -> None:
    read = {
        name
        for file in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"SEATRIAL_[A-Z_]+", file.read_text())
    }
    page = COMMANDS_PAGE.read_text()
    assert [name for name in sorted(read) if f"`{name}`" not in page] == []


def _options(command: str) -> set[str]:
    """Of the command and those below it."""
    found = root.get_command(click.Context(root), command)
    return set(_options_below(found))


def _options_below(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
    for below in getattr(command, "commands", {}).values():
        yield from _options_below(below)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = _FENCED.sub("", page.read_text())
    assert [link for link in _links(text) if not _leads_somewhere(page, link)] == []


def _links(text: str) -> Iterator[str]:
    for inline, reference in _LINK.findall(text):
        link = inline or reference
        if "://" not in link and not link.startswith("mailto:"):
            yield link


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    if not target.exists():
        return False
    return not heading or target.suffix != ".md" or heading in _anchors(target.read_text())


def _anchors(text: str) -> set[str]:
    """As GitHub makes them: lower case, no punctuation, dashes for spaces."""
    headings = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(_FENCED.sub("", text)))
    return {heading.replace(" ", "-") for heading in headings}
