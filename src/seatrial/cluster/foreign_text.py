"""What other programs say (API servers, webhooks, Helm, plugins), made fit to be printed and journaled.

Their words explain a failure, and may quote anything: a webhook repeats the password that it refuses,
Helm prints the object that it could not apply. We do not know the secrets of a cluster, so the
rule is by shape and denies by default: a word stays when it reads as prose, as a field path, as a
version, a quantity or a plain Kubernetes name, or when the caller names it (the object that the
request was about). Everything else, above all words that mix letters and digits, is struck.

What no such rule can tell is a passphrase of plain words: docs/threat-model.md says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

STRUCK = "[…]"
LONGEST = 400  # characters
_LONGEST_READ = 64 << 10  # characters that are looked at

# Texts: `re` compiles each when it is first used, and keeps it; most runs need none.
_CREDENTIALS = (
    r"(?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)"
    r"|(?i:\b(?:bearer|basic)\s+[\w.~+/=-]{8,})"
    r"|(?<=//)[^/\s@]+@"  # user and password of a URL
)
_QUERY = r"(?<=[\w/])\?[\w%.~+-]+=[^\s\"']*"
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"
_REFUSED_VALUE = (
    # as API machinery writes them: field.Path: Invalid value: "the value": why
    r"(?s)(?P<head>(?:Invalid|Unsupported|Duplicate) value: )"
    rf"(?:{_QUOTED}|[\w.*&\[\]]*\{{.*\}}(?=:)|\S+?)(?=: |,|\s|$)"
)
_SECRET_FIELD = (
    r"(?i)(?P<head>\b[\w.-]*(?:passw(?:or)?d|passphrase|passwd|secret|token|api-?_?key|credential|private-?_?key)s?"
    rf"[\"']?\s*(?:=|:=|:\s)\s*)(?:{_QUOTED}|[^\s,;:)}}\]]+(?![\w:]))"
)
_ESCAPES = r"\\[nrt\"']|%0[aAdD]"
_RUN = r"[^\s\"'`,;(){}\[\]<>=:/|\\]+"
_PIECE = r"[^\W_]+"
_ODD = r"[\\+&%$#!^*~|@?<>]|\w[\"'`]\w"
"""Marks that hold a password together; paths, URLs, images and field paths do without."""
_VERSION = r"^v?\d{1,3}\.\d{1,4}(\.\d{1,5})?([-+][a-zA-Z0-9.+-]{1,20})?$"
_CAMEL = (
    r"^[A-Z]?[a-z]{1,20}(?:[A-Z]{1,5}[a-z]{0,20}){0,6}s?$|^[A-Z]{2,5}[a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,4}$"
)
_CAPITALS = r"^[A-Z]{1,12}$"
_QUANTITY = r"^(?:\d{1,6}(?:[KMGTPE]i?|[kmnu]|ms|us|ns|[smhd]|st|nd|rd|th|x|Z|T\d{1,2}))+$"
_API_VERSION = r"^v\d{1,2}(?:(?:alpha|beta)\d{1,2})?$"
_GENERATED = r"^(?:[bcdfghjklmnpqrstvwxz2456789]{5}|[bcdfghjklmnpqrstvwxz2456789]{8,10})$"
"""What API servers append to names; see SafeEncodeString in k8s.io/apimachinery/pkg/util/rand."""
_KNOWN = frozenset(
    (
        *("x509", "sha256", "http1", "http2", "h2", "tls12", "tls13", "ipv4", "ipv6", "utf8", "base64"),
        *("int32", "int64", "uint32", "uint64", "float64", "amd64", "arm64", "oauth2"),
        *("k8s", "s3", "ec2", "i18n", "e2e"),
    )
)


def fit_to_show(
    text: str, *, names: Iterable[str] = (), secrets: Iterable[str] = (), longest: int = LONGEST
) -> str:
    """`text` on one line, cut to `longest` characters, without `secrets` and without what may be one.

    Words in `names` stay: what we asked about is no secret to whoever reads the answer.
    """
    text = text[:_LONGEST_READ]
    for secret in sorted({each for each in secrets if len(each) >= 4}, key=len, reverse=True):
        text = text.replace(secret, STRUCK)  # the longest first, lest a part be struck and the rest stay
    text = re.sub(_CREDENTIALS, STRUCK, text)
    text = re.sub(_ESCAPES, " ", text)
    text = re.sub(_REFUSED_VALUE, rf"\g<head>{STRUCK}", text)
    text = re.sub(_SECRET_FIELD, rf"\g<head>{STRUCK}", text)
    text = re.sub(_QUERY, f"?{STRUCK}", text)
    known = frozenset(names)
    text = "".join(each if each.isprintable() else " " for each in text)
    text = " ".join(_checked(word, known) for word in text.split())
    text = re.sub(rf"{re.escape(STRUCK)}(?:[\s:/=,.]*{re.escape(STRUCK)})+", STRUCK, text)
    return text if len(text) <= longest else f"{text[: longest // 2]} … {text[-longest // 2 :]}"


def _checked(word: str, names: frozenset[str]) -> str:
    """The word with struck runs; struck as a whole where they are held together by odd marks."""
    checked = re.sub(
        _RUN, lambda run: run[0] if run[0] in STRUCK or _may_stay(run[0], names) else STRUCK, word
    )
    if checked == word or not re.search(_ODD, word):
        return checked
    head, equals, _ = checked.partition("=")
    return f"{head}={STRUCK}" if equals and STRUCK not in head and not re.search(_ODD, head) else STRUCK


def _may_stay(run: str, names: frozenset[str]) -> bool:
    bare = run.strip(".-_!?…*~^%&#@$+")
    if bare in names or re.match(_VERSION, bare):
        return True
    pieces = re.findall(_PIECE, bare)
    shouted = len(pieces) > 1 and bare.upper() == bare and any(each.isalpha() for each in pieces)
    if shouted and any(each.isdigit() for each in pieces):
        return False
    if any(symbol in bare for symbol in "@#$%^&*!~+|?"):  # the marks of a password, not of a name
        return not pieces or (len(pieces) == 1 and pieces[0].isdigit())
    return all(_is_plain(piece, len(pieces) > 1) for piece in pieces)


def _is_plain(piece: str, in_a_name: bool) -> bool:
    if piece.isdigit():
        return len(piece) <= 6 and not (in_a_name and len(piece) > 2 and piece.startswith("0"))
    if piece.isalpha():
        if not piece.isascii():
            return len(piece) <= 20
        if piece.islower():
            return len(piece) <= 30
        return bool(re.match(_CAMEL, piece) or re.match(_CAPITALS, piece)) and len(piece) <= 48
    return bool(
        piece in _KNOWN
        or re.match(_API_VERSION, piece)
        or re.match(_QUANTITY, piece)
        or (in_a_name and re.match(_GENERATED, piece))
    )
