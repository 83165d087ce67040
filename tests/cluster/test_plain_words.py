"""Words that kubectl reads as booleans and numbers are read as it does; what is quoted stays text."""

import pytest
import ryaml

from seatrial.cluster.manifests import parse_manifests
from seatrial.cluster.plain_words import as_kubectl_reads

LONG = "0" + "9" * 5000


# What `kubectl create --dry-run=client -o json` of 1.37 makes of each.
@pytest.mark.parametrize(
    ("written", "read"),
    [
        *((word, True) for word in ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE")),
        *((word, False) for word in ("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false")),
        *((word, word) for word in ("tRue", "yEs", "yess", "12:30:45", "2001-01-01", "=")),
        *((word, word.strip("\"'")) for word in ('"yes"', "'off'", '"0777"')),
        *((f"!!str {word}", word) for word in ("yes", "0755")),
        ("!!str &a no", "no"),
        ("&a !!str no", "no"),
        ("&a no", False),
        (LONG, LONG),
        ("0777", 511),
        ("-010", -8),
        ("08", 8),
        ("1_000", 1000),
        ("0o777", 511),
        ("0x1F", 31),
        ("80", 80),
        ("0", 0),
        ("0.5", 0.5),
    ],
)
def test_value_is_what_kubectl_makes_of_it(written: str, read: object) -> None:
    for text in (
        f"a: {written}\n",
        f"{{a: {written}}}",
        f"x: ü\na: {written} # as said\r\n",
        f"\U0001f600: yes\r\nx: [on, {{y: no}}]\r\na: {written}",
    ):
        assert ryaml.loads(as_kubectl_reads(text))["a"] == read


def test_words_in_texts_keys_and_comments_stay() -> None:
    text = "on: 1\nyes: text\n# a: yes\nb: |\n  c: no\n  d: 0777\ne: >-\n  f: off\ng: say\n  h: yes or no\n"
    assert as_kubectl_reads(text) == text


def test_what_is_no_yaml_is_left_to_the_parser_to_explain() -> None:
    assert as_kubectl_reads("a: yes\nb: [\n") == "a: true\nb: [\n"


def test_manifest_has_the_boolean() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: yes\n  hostPID: 'yes'\n"
    (pod,) = parse_manifests(text, "pod.yaml").found
    assert pod.document["spec"] == {"hostNetwork": True, "hostPID": "yes"}
