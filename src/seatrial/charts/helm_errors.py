"""What a failed helm call means for the caller, told without repeating any value of a chart.

Helm reports everything as text on stderr, and quotes values and whole objects in it. So every string
of the values that were passed in is struck out before the text goes anywhere, and of the rest only
what `seatrial.cluster.foreign_text` lets through remains. What a credential plugin wrote to stderr
comes before Helm's own last word, and is dropped.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from seatrial.charts.helm_process import Finished
from seatrial.cluster.foreign_text import fit_to_show
from seatrial.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    PermanentError,
    SeatrialError,
    TemporaryError,
    Unreachable,
)

_LONGEST = 600  # characters of helm's text that reach a person
_SHORTEST_SECRET = 6  # characters; shorter strings ("true", "443") are in any text
_STRUCK = "[value]"
_NOISE = re.compile(
    r"^(Error: |WARNING: .*|level=\w+ .*|coalesce\.go.*|W\d{4} .*|Use --debug flag.*)", re.MULTILINE
)
_LAST_WORD = re.compile(r"\A.*^(?=Error: )", re.MULTILINE | re.DOTALL)


class ReleaseBusy(Conflict):
    """Another Helm is at work on the release, or was killed in the middle of it."""


_Meaning = tuple[str, type[SeatrialError], str]
_MEANINGS: tuple[_Meaning, ...] = (
    # the first that occurs in helm's text, in lower case
    (
        "another operation (install/upgrade/rollback) is in progress",
        ReleaseBusy,
        "If no other Helm runs, an earlier one was cut off: roll back to the last deployed revision.",
    ),
    ("cannot reuse a name that is still in use", Conflict, "Look at it with `helm history`."),
    ("cannot re-use a name that is still in use", Conflict, "Look at it with `helm history`."),
    (
        "invalid ownership metadata",
        Conflict,
        "The object exists and belongs to somebody else: remove it, or label it as this release's.",
    ),
    (
        "conflicts with",
        Conflict,
        "Another field manager owns these fields: change them there, or give them up.",
    ),
    (
        "apply failed with",
        Conflict,
        "Another field manager owns these fields: change them there, or give them up.",
    ),
    (
        "getting credentials: exec",
        Forbidden,
        "Run the login of this context by hand: mostly it has expired. Log in again and repeat.",
    ),
    ("cluster unreachable", Unreachable, "Check the cluster and its kubeconfig, then run the command again."),
    ("connection refused", Unreachable, "Check the cluster and its kubeconfig, then run the command again."),
    ("i/o timeout", Unreachable, "Check the network to the cluster, then run the command again."),
    ("tls handshake timeout", Unreachable, "Check the network to the cluster, then run the command again."),
    ("no such host", Unreachable, "Check the server address in the kubeconfig."),
    ("unauthorized", Forbidden, "Renew the credentials of this context."),
    ("must be logged in", Forbidden, "Renew the credentials of this context."),
    ("is forbidden", Forbidden, "Give this identity the rights that the chart's objects need."),
    (
        "incompatible with kubernetes",
        PermanentError,
        "Use a version of the chart that supports this Kubernetes version.",
    ),
    (
        "no matches for kind",
        PermanentError,
        "The cluster does not serve this kind: it was removed, or its CustomResourceDefinition is missing.",
    ),
    ("missing in charts/ directory", BadInput, "Run `helm dependency build` in the chart's folder."),
    (
        "parse values file",
        BadInput,
        "Correct that one: they count in the order in which they are named.",
    ),
    ("don't meet the specifications of the schema", BadInput, "Correct the values files of this component."),
    ("context does not exist", BadInput, "Name a context of the kubeconfig."),
    ("has no deployed releases", Conflict, "Uninstall the release, or roll back to a revision that worked."),
    ("release: not found", NotFound, "Look at the releases with `helm list --all-namespaces`."),
    ("field is immutable", PermanentError, "Delete the object first, or keep the field as it is."),
    ("too many requests", TemporaryError, "The cluster is busy: run the command again."),
    ("etcdserver:", TemporaryError, "The control plane is not well: run the command again."),
)


def describe_failure(
    finished: Finished, *, action: str, release: str, values: Iterable[Any], keep: Sequence[str] = ()
) -> SeatrialError:
    """The error to raise for a failed call; strings in `keep`, names that we gave ourselves, stay."""
    if finished.code < 0:  # says nothing of the chart: what is left of the release is looked at again
        return TemporaryError(
            f"helm {action} was killed by signal {-finished.code}.",
            where=release,
            next_step="Look at the release with `helm history`; the next run continues from what it finds.",
        )
    text = clean_text(finished.stderr, values, keep)
    low = finished.stderr.lower()
    what = f"helm {action} failed: {text or f'exit code {finished.code}, without a word'}"
    for sign, kind, next_step in _MEANINGS:
        if sign in low:
            return kind(what, where=release, next_step=next_step)
    return PermanentError(what, where=release)


def clean_text(text: str, values: Iterable[Any], keep: Sequence[str] = ()) -> str:
    """Helm's words without values, credentials and noise, on one line, cut to a readable length."""
    text = _LAST_WORD.sub("", text)
    secrets = {secret for value in values for secret in _strings(value)} - set(keep)
    # the longest first, lest a part of one be struck and the rest remain
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _STRUCK)
    text = _NOISE.sub("", text)
    return fit_to_show(text, names=keep, longest=_LONGEST)


def _strings(value: Any) -> Iterator[str]:
    """Every string that Helm may quote: as it is, line by line, and in base64 as Secrets hold it."""
    match value:
        case str():
            for part in {value, *value.splitlines()}:
                if len(part.strip()) >= _SHORTEST_SECRET:
                    yield part.strip()
            if len(value) >= _SHORTEST_SECRET:
                yield base64.b64encode(value.encode()).decode()
        case bool() | None:
            return
        case int() | float():
            if len(str(value)) >= _SHORTEST_SECRET:
                yield str(value)
        case Mapping():
            for each in value.values():
                yield from _strings(each)
        case list() | tuple():
            for each in value:
                yield from _strings(each)
        case _:
            return
