"""Whatever a rule does to an object, the edited text means just that, or is not offered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fixes.writing import block

from seatrial.fixes.rule import put_after, put_first, rename
from seatrial.fixes.yaml_edit import edited
from seatrial.fixes.yaml_source import Map, NotEditable, compose, in_stead_of, plain

KEY = st.sampled_from(["a", "b", "c", "d", "e", "f g", "8080", "yes", "x.y/z"])
SCALAR = st.one_of(
    st.sampled_from(
        ["text", "two words", "a: b", "# no comment", "yes", "1", "", "- x", "{", "'", '"', "multi\nline\n"]
    ),
    st.integers(-5, 99999),
    st.booleans(),
    st.none(),
)
TREE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.dictionaries(KEY, inner, min_size=1, max_size=4), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=12,
)
OBJECT = st.dictionaries(KEY, TREE, min_size=1, max_size=5)


def maps(value: Any) -> Iterator[Map]:
    if isinstance(value, Map):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from maps(inner)


def change(draw: st.DrawFn, root: Map) -> None:
    """One thing that rules do."""
    target = draw(st.sampled_from(list(maps(root))))
    if not target:
        return
    key = draw(st.sampled_from(list(target)))
    fresh = draw(st.sampled_from(["new", "other"]))
    match draw(st.sampled_from(["set", "rename", "wrap", "delete", "after", "first", "lift", "heir"])):
        case "set":
            target[key] = draw(SCALAR)
        case "rename" if fresh not in target:
            rename(target, key, fresh)
        case "wrap" if fresh not in target:
            target[fresh] = {"type": "T", "value": target.pop(key)}
        case "delete" if len(target) > 1:
            del target[key]
        case "after":
            put_after(target, key, fresh, draw(TREE))
        case "first" if fresh not in target:
            put_first(target, fresh, draw(TREE))
        case "heir" if fresh not in root and target is not root and len(target) > 1:
            root[fresh] = {"type": in_stead_of(target, key, draw(st.sampled_from(["T", "a: b", "yes"])))}
            del target[key]
        case "lift" if isinstance(target[key], dict) and fresh not in root and target is not root:
            root[fresh] = target.pop(key) if len(target) > 1 else "kept"


@settings(max_examples=120, deadline=None)
@given(OBJECT, st.sampled_from(["block", "json", "line"]), st.booleans(), st.data())
def test_an_edited_text_reads_as_the_object_was_made(
    obj: dict[str, Any], notation: str, crlf: bool, data: st.DataObject
) -> None:
    text = block(obj) if notation == "block" else json.dumps(obj, indent=2 if notation == "json" else None)
    text = text.replace("\n", "\r\n") if crlf else text
    root = compose(text)
    assert plain(root) == obj
    for _ in range(data.draw(st.integers(1, 3))):
        change(data.draw, root)
    try:
        new = edited(text, root)
    except NotEditable:
        return
    assert plain(compose(new)) == plain(root), new


def test_comments_of_an_entry_go_to_its_heir_and_those_of_its_neighbours_stay() -> None:
    text = (
        "a:\n  # of e\n  # still\n  e: 1\n\n  # of f\n  f: 2 # f\n  # of w\n  w: 0 # w\n # odd\n  g: 3 # g\n"
        "  # the end\n"
    )
    root = compose(text)
    old = root["a"]
    root["b"] = {key: in_stead_of(old, key, new) for key, new in (("e", "one"), ("f", "two"), ("g", "x: y"))}
    for key in root["b"]:
        del old[key]
    assert edited(text, root) == (
        "a:\n  # of w\n  w: 0 # w\n # odd\n"
        'b:\n  # of e\n  # still\n  e: one\n  # of f\n  f: two # f\n  g: "x: y" # g\n'
        "  # the end\n"
    )


@settings(max_examples=40, deadline=None)
@given(OBJECT, st.sampled_from(["block", "json", "line"]))
def test_no_change_is_no_edit(obj: dict[str, Any], notation: str) -> None:
    text = block(obj) if notation == "block" else json.dumps(obj, indent=2 if notation == "json" else None)
    assert edited(text, compose(text)) == text
