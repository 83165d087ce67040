"""Plain words that kubectl takes for booleans and numbers, and a parser of YAML 1.2 for text: yes, off, 0755.

kubectl 1.29 to 1.37 reads YAML 1.1 in this respect, whatever field a word stands in (seen by
`kubectl create --dry-run=client -o json`, 2026-11-22). Quoted ones are text to both, and so is what has a tag
(`!!str no`). A word behind a key makes a document be looked at closer; one in a list does not, as that costs
every document and lists hold texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TRUE = ("y", "yes", "on")
_FALSE = ("n", "no", "off")
_BOOLEANS = {
    form: value
    for words, value in ((_TRUE, "true"), (_FALSE, "false"))
    for word in words
    for form in (word, word.capitalize(), word.upper())
}
_WRITTEN = r"0[0-9_]+|[1-9][0-9]*_[0-9_]*"
_NUMBER = re.compile(rf"([-+]?)({_WRITTEN})")
_MOST_DIGITS = 308  # a number of more is text to kubectl
_MAY_HOLD = re.compile(
    rf": +(?:&\S+ +)?(?:{'|'.join(_BOOLEANS)}|[-+]?(?:{_WRITTEN}))[ \t]*(?:[#,}}\]\r]|$)", re.MULTILINE
)


def as_kubectl_reads(document: str) -> str:
    """The document with each such word in the one way of writing that every parser takes for the same."""
    if not _MAY_HOLD.search(document):
        return document
    parts: list[str] = []
    done = 0
    for start, word in _plain_values(document):
        clear = meant(word)
        if clear != word:
            parts += [document[done:start], clear]
            done = start + len(word)
    return "".join([*parts, document[done:]])


def _plain_values(document: str) -> Iterator[tuple[int, str]]:
    """Unquoted scalars that are no keys and have no tag, with where they start; none of what is no YAML."""
    import yaml

    key = tagged = False
    try:
        for token in yaml.scan(document, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(token, yaml.ScalarToken):
                if token.plain and not key and not tagged:
                    yield token.start_mark.index, token.value
                key = False
            elif isinstance(token, yaml.KeyToken | yaml.ValueToken):
                key = isinstance(token, yaml.KeyToken)
            tagged = isinstance(token, yaml.TagToken) or (tagged and isinstance(token, yaml.AnchorToken))
    except yaml.YAMLError:
        return


def meant(word: str) -> str:
    """One plain word, written so; any other stays as it is."""
    if word in _BOOLEANS:
        return _BOOLEANS[word]
    number = _NUMBER.fullmatch(word)
    if number is None:
        return word
    digits = number[2].replace("_", "")
    if len(digits) > _MOST_DIGITS:
        return word
    octal = digits.startswith("0") and not set(digits) - set("01234567")
    return f"{'-' if number[1] == '-' else ''}{int(digits, 8 if octal else 10)}"
