"""Whatever an Ingress looks like: the result reads as meant, untouched text survives, twice is once."""

from __future__ import annotations

from typing import Any

import ryaml
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.cluster.version import Minor
from seatrial.fixes import fix_file
from seatrial.fixes.rewriting import Rewritten, rewrite

TARGET = Minor(1, 36)
NAME = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
BACKEND = st.fixed_dictionaries(
    {"serviceName": NAME, "servicePort": st.one_of(st.integers(1, 65535), st.just("http"))}
)
PATH = st.fixed_dictionaries(
    {"backend": BACKEND}, optional={"path": st.sampled_from(["/", "/a b", "/#x", "/: y"])}
)
RULE = st.fixed_dictionaries(
    {"http": st.fixed_dictionaries({"paths": st.lists(PATH, min_size=1, max_size=3)})},
    optional={"host": NAME},
)
SPEC = st.fixed_dictionaries(
    {}, optional={"backend": BACKEND, "rules": st.lists(RULE, min_size=1, max_size=2)}
)
LABELS = st.dictionaries(
    NAME, st.sampled_from(["yes", "1", "a: b", "", "#", "plain", "0x1f", "~"]), max_size=2
)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, dict[str, Any], list[str]]:
    """An Ingress as some person writes it: the text, what it means, and the comments in it."""
    meant = {
        "apiVersion": draw(st.sampled_from(["extensions/v1beta1", "networking.k8s.io/v1beta1"])),
        "kind": "Ingress",
        "metadata": {"name": "web", "labels": draw(LABELS)},
        "spec": draw(SPEC),
    }
    step = draw(st.sampled_from([2, 4]))
    dash = draw(st.sampled_from([0, 2]))
    comments: list[str] = []

    def comment() -> str:
        if not draw(st.booleans()):
            return ""
        comments.append(f"# c{len(comments)}.")
        return f"  {comments[-1]}"

    def scalar(value: Any) -> str:
        quoted = isinstance(value, str) and (draw(st.booleans()) or ryaml_reads_otherwise(value))
        return f'"{value}"' if quoted else str(value)

    def block(value: Any, column: int) -> list[str]:
        pad = " " * column
        lines: list[str] = []
        for key, each in value.items():
            if not isinstance(each, dict | list):
                lines.append(f"{pad}{key}: {scalar(each)}{comment()}")
            elif not each:
                lines.append(f"{pad}{key}: {'{}' if isinstance(each, dict) else '[]'}")
            elif isinstance(each, dict):
                lines += [f"{pad}{key}:{comment()}", *block(each, column + step)]
            else:
                lines.append(f"{pad}{key}:{comment()}")
                for item in each:
                    inner = block(item, column + dash + 2)
                    inner[0] = " " * (column + dash) + "- " + inner[0].lstrip()
                    lines += inner
        return lines

    newline = draw(st.sampled_from(["\n", "\r\n"]))
    ending = draw(st.sampled_from(["", newline]))
    return newline.join(block(meant, 0)) + ending, meant, comments


def ryaml_reads_otherwise(value: str) -> bool:
    try:
        return bool(ryaml.loads(f"a: {value}") != {"a": value}) or value.lower() in (
            "y",
            "n",
            "yes",
            "no",
            "on",
            "off",
            "~",
        )
    except ValueError:
        return True


@settings(max_examples=100, deadline=None)
@given(written())
def test_the_edited_text_means_what_the_rule_made_of_it(case: tuple[str, dict[str, Any], list[str]]) -> None:
    text, meant, comments = case
    found = fix_file(text, "f.yaml", TARGET)
    expected = ryaml.loads(text)
    assert expected == meant
    assert isinstance(rewrite(expected, TARGET), Rewritten)
    assert ryaml.loads(found.after) == expected
    assert [each for each in comments if each not in found.after] == []
    assert fix_file(found.after, "f.yaml", TARGET).after == found.after
    assert ("\r\n" in text) == ("\r\n" in found.after)


@settings(max_examples=40, deadline=None)
@given(written(), st.text(alphabet=st.characters(codec="ascii", exclude_characters="\r\n\0"), max_size=60))
def test_other_documents_survive_whatever_they_hold(
    case: tuple[str, dict[str, Any], list[str]], other: str
) -> None:
    text, _, _ = case
    before = f"k: {other}\n---\n"
    after = f"\n---\n{other}\n"
    found = fix_file(before + text + after, "f.yaml", TARGET)
    assert found.after.startswith(before)
    assert found.after.endswith(after)
