"""One value changes, and not one other character."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.errors import BadInput
from seatrial.handoffs.edit import set_variable

TFVARS_JSON = (
    '{\n\t"region": "eu-1",   "cluster_version": "1.33",\n  "groups": {"default": {"version": "1.33.4"}}\n}'
)
TFVARS = """\
# cluster_version = "1.30"
cluster_version   = "1.33"   # since spring

node_groups = {
  default = { version = "v1.33.4", size = 3 }
  spot = {
    version = "v1.33.1"
  }
}
"""
APPLICATION = """\
# synced by Argo CD
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: ingress, annotations: {a.b/c: x}}
spec:
  source:
    chart: ingress
    targetRevision: 1.0.0   # bumped by hand
---
kind: Other
spec: {version: '1.0.0', number: 1.33}
"""


@pytest.mark.parametrize(
    ("text", "file", "variable", "value", "old", "new"),
    [
        (TFVARS_JSON, "a.tfvars.json", "cluster_version", "1.34.2", '"1.33",', '"1.34",'),
        (TFVARS_JSON, "a.tfvars.json", "groups.default.version", "1.34.2", '"1.33.4"', '"1.34.2"'),
        (TFVARS, "a.tfvars", "cluster_version", "1.34.2", '"1.33"   #', '"1.34"   #'),
        (TFVARS, "a.tfvars", "node_groups.default.version", "1.34.2", '"v1.33.4"', '"v1.34.2"'),
        (TFVARS, "main.tf", "node_groups.spot.version", "1.34.2", '"v1.33.1"', '"v1.34.2"'),
        (APPLICATION, "a.yaml", "spec.source.targetRevision", "2.0.0", "1.0.0   #", "2.0.0   #"),
        (APPLICATION, "a.yaml", "spec.version", "2.0.0", "'1.0.0'", "'2.0.0'"),
        (APPLICATION, "a.yaml", "spec.number", "1.34.2", "1.33}", '"1.34"}'),
        (APPLICATION, "a.yaml", "metadata.annotations.a.b/c", "y", "a.b/c: x", "a.b/c: y"),
    ],
)
def test_only_the_value_changes(text: str, file: str, variable: str, value: str, old: str, new: str) -> None:
    edit = set_variable(text, file, variable, value)
    assert text.count(old) == 1
    assert edit.text == text.replace(old, new)
    assert set_variable(edit.text, file, variable, value).changes is False


@pytest.mark.parametrize(
    ("text", "file", "variable", "said"),
    [
        (TFVARS, "a.tfvars", "version", "there is no variable version"),
        (TFVARS, "a.tfvars", "nothing", "there is no variable nothing"),
        (TFVARS + TFVARS, "a.tfvars", "cluster_version", "is in it 2 times"),
        (TFVARS_JSON, "a.tfvars.json", "groups.default", "is not a plain value"),
        (APPLICATION, "a.yaml", "kind", "is in it 2 times"),
        ("a: [", "a.yaml", "a", "cannot be read"),
        ("", "a.yaml", "a", "there is no variable a"),
    ],
)
def test_what_is_not_exactly_there_is_not_guessed(text: str, file: str, variable: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        set_variable(text, file, variable, "2")


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text(max_size=5) | st.integers() | st.none()),
    st.text("xyz.19- \"'\\é", max_size=6),
    st.sampled_from([None, 2, "\t"]),
)
def test_a_changed_json_differs_in_that_value_alone(
    around: dict[str, object], value: str, indent: int | str | None
) -> None:
    document = {**around, "inner": {"wanted": "1.33", "other": 1}}
    edit = set_variable(json.dumps(document, indent=indent), "v.tfvars.json", "inner.wanted", value)
    assert json.loads(edit.text) == {**around, "inner": {"wanted": edit.after, "other": 1}}
