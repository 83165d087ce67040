"""Every rule works on text in every notation: what the edited text means is what the rule makes."""

from __future__ import annotations

import copy
import json
from io import StringIO
from typing import Any

import pytest
import ryaml
from ruamel.yaml import YAML
from tests.fixes.test_rules import MOVES, NEWEST

from seatrial.cluster.manifests import parse_manifests
from seatrial.fixes import fix_file


def indented(obj: Any) -> str:
    """Lists indented below their key, as Helm's authors write them."""
    yaml, out = YAML(), StringIO()
    yaml.indent(mapping=4, sequence=6, offset=4)
    yaml.dump(json.loads(json.dumps(obj)), out)
    return out.getvalue()


NOTATIONS = {
    "block": lambda obj: str(ryaml.dumps(obj)),
    "indented": indented,
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
