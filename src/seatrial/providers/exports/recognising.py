"""Finds out what an exported file is, by the outermost fields of its documents, and reads it."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from seatrial.cluster.objects import without_nulls
from seatrial.errors import BadInput
from seatrial.providers.exports import aks, ec2, eks, eks_insights, gke
from seatrial.providers.exports.facts import Facts, Format, has

_FORMATS: tuple[Format, ...] = (
    *eks_insights.FORMATS,
    *eks.FORMATS,
    *ec2.FORMATS,
    *gke.FORMATS,
    *aks.FORMATS,
)
COMMANDS = tuple(each.command for each in _FORMATS)
"""What prints the documents that are understood."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_exports(content: bytes, source: str) -> tuple[Facts, ...]:
    """What each document of a file says: several may follow each other, as a loop of commands prints them.

    Raises `BadInput`, naming the file, for what no known command printed.
    """
    found = tuple(_read(document, source) for document in _documents(content, source))
    if not found:
        raise BadInput("this file is empty.", where=source, next_step=_what_is_known())
    return found


def _read(document: Any, source: str) -> Facts:
    form = next((each for each in _FORMATS if each.fits(document)), None)
    if form is None:
        raise _unknown(document, source)
    try:
        return form.read(without_nulls(document))
    except RecursionError:
        raise BadInput(
            "this is nested deeper than any document of a provider.",
            where=source,
            next_step=f"Write it again: {form.command}",
        ) from None
    except msgspec.ValidationError as error:
        raise BadInput(
            f"this looks like what {form.command.split(' --')[0]!r} prints, and is damaged: {error}.",
            where=source,
            next_step=f"Write it again: {form.command}",
        ) from None


_TOO_LITTLE = {
    "nodegroups": ("only the names of node groups", eks.NODE_GROUP),
    "clusters": ("only the names of clusters", eks.CLUSTER),
}
"""What is near to what is wanted, by a field of it: what it holds, and what to run instead."""


def _unknown(document: Any, source: str) -> BadInput:
    """Says no word of the document: it may be anything, a secret too."""
    for field, (what, command) in _TOO_LITTLE.items():
        if has(document, field):
            return BadInput(f"this holds {what}.", where=source, next_step=f"Write the whole: {command}")
    return BadInput(
        "this is no document of a provider's command line that Seatrial knows.",
        where=source,
        next_step=_what_is_known(),
    )


def _documents(content: bytes, source: str) -> Iterator[Any]:
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    decoder = json.JSONDecoder()
    try:
        text = content.decode(encoding).rstrip()
        at = 0
        while at < len(text):
            document, at = decoder.raw_decode(text, _after_spaces(text, at))
            yield document
    except (ValueError, RecursionError):  # a value that is no JSON, or bytes that are no text
        raise BadInput(
            "this is not JSON, or it is cut off.",
            where=source,
            next_step="Write it with `--output json` of aws and az, or `--format=json` of gcloud.",
        ) from None


def _after_spaces(text: str, at: int) -> int:
    while text[at].isspace():
        at += 1
    return at


def _what_is_known() -> str:
    return "Give it what one of these prints:" + "".join(f"\n  {each}" for each in COMMANDS)
