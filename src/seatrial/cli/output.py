"""How commands print: tables for people, JSON and YAML for programs.

Colour and rich only on a terminal and without NO_COLOR; otherwise plain lines that a log or a pipe can
hold. A state is always an icon and a word, never colour alone.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from seatrial.errors import BadInput


class OutputFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class Tone(StrEnum):
    """What a word means to the reader; on a terminal also a colour."""

    BAD = "bold red"
    WARN = "yellow"
    GOOD = "green"
    UNKNOWN = "magenta"
    QUIET = "dim"
    STRONG = "bold"
    PLAIN = ""


_STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What JSON may hold as it is, and a terminal obeys."""
_ICONS = {
    Tone.BAD: ("✖", "x"),
    Tone.WARN: ("▲", "!"),
    Tone.GOOD: ("✔", "+"),
    Tone.UNKNOWN: ("?", "?"),
    Tone.QUIET: ("•", "-"),
}


def refuse_format(file: Path) -> None:
    """Raise `BadInput` for a format where `-o` names the file to write: `plan -o json` is a slip."""
    if str(file) == "-" or str(file) in set(OutputFormat):
        raise BadInput(
            f"-o names the file to write here, and {str(file)!r} is none.",
            next_step="Name a file, such as -o upgrade.json; --output says how to print, where there is one.",
        )


def print_data(data: Any, format: OutputFormat, out: TextIO | None = None) -> None:
    """Print plain data (dictionaries, lists, texts) as JSON or YAML."""
    out = out or sys.stdout
    if format is OutputFormat.YAML:
        import ryaml

        out.write(ryaml.dumps(data))
    else:
        import msgspec

        text = msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
        out.write(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def print_line(*words: str | tuple[str, Tone], out: TextIO | None = None) -> None:
    """Print words on one line; a word may come with its tone."""
    out = out or sys.stdout
    spans = [(word, Tone.PLAIN) if isinstance(word, str) else word for word in words]
    spans = [(harmless(text), tone) for text, tone in spans]
    if not colours(out):
        out.write("".join(text for text, _ in spans).rstrip() + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    line = Text()
    for text, tone in spans:
        line.append(text, style=str(tone))
    Console(file=out, highlight=False, soft_wrap=True).print(line)


def harmless(text: str) -> str:
    """The text without control characters: names in a cluster or file may try to steer a terminal."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "�" for each in text)


def on_one_line(text: str) -> str:
    """Harmless, and cropped to stderr's terminal: a line of progress that wraps could not be wiped."""
    try:
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        width = 80
    text = harmless(text)
    return text if len(text) < width else f"{text[: max(width - 2, 0)]}…"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], out: TextIO | None = None) -> None:
    """Print left-aligned columns, as kubectl does; nothing is cut off."""
    out = out or sys.stdout
    lines = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    for number, line in enumerate(lines):
        text = "   ".join(word.ljust(width) for word, width in zip(line, widths, strict=True))
        print_line((text.rstrip(), Tone.STRONG if number == 0 else Tone.PLAIN), out=out)


def icon(tone: Tone, out: TextIO | None = None) -> str:
    """The sign that stands before a word of this tone; plain ASCII where the output cannot hold more."""
    fancy, plain = _ICONS.get(tone, (" ", " "))
    encoding = (getattr(out or sys.stdout, "encoding", None) or "ascii").lower()
    return fancy if encoding.startswith("utf") else plain


def colours(out: TextIO | None = None) -> bool:
    """Whether to colour: a terminal, no NO_COLOR, and not a dumb one."""
    out = out or sys.stdout
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
