"""Every rule works on text in every notation: what the edited text means is what the rule makes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.fixes.test_rules import MOVES, NEWEST
from tests.fixes.writing import block, indented

from seatrial.cluster.manifests import parse_manifests
from seatrial.fixes import fix_file

NOTATIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "block": block,
    "indented": lambda obj: indented(json.loads(json.dumps(obj))),
    "json": lambda obj: json.dumps(obj, indent=2),
    "json on one line": json.dumps,
    "flow": lambda obj: "".join(f"{key}: {json.dumps(value)}\n" for key, value in obj.items()),
}


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(("before", "after"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_the_text_means_what_the_rule_makes(
    before: dict[str, Any], after: dict[str, Any], notation: str
) -> None:
    text = NOTATIONS[notation](copy.deepcopy(before))
    found = fix_file(text, "f.yaml", NEWEST)
    assert [each.why for each in found.refused] == []
    (read,) = parse_manifests(found.after, "f.yaml").found
    assert read.document == after
    assert fix_file(found.after, "f.yaml", NEWEST).after == found.after
    same = sum(line in text.splitlines() for line in found.after.splitlines())
    if notation in ("block", "indented"):
        assert same >= 2, "metadata at least is left as it is written"


def test_words_that_kubectl_takes_for_values_are_taken_so_and_stay_as_written() -> None:
    text = (
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: '@daily'\n"
        "  suspend: no\n  jobTemplate: {spec: {template: {spec: {hostNetwork: yes, containers:\n"
        "    [{name: a, image: a, securityContext: {runAsUser: 01750}}]}}}}\n"
    )
    found = fix_file(text, "f.yaml", NEWEST)
    assert found.refused == ()
    assert found.after == text.replace("v1beta1", "v1")
