"""Findings name things as a person would, also where a file names no namespace."""

import re

import msgspec
import pytest
from tests.checks.corpus import all_cases

from seatrial.checks.run import Inputs, check_inputs
from seatrial.checks.wording import qualified
from seatrial.cluster.manifests import Manifests, parse_manifests
from seatrial.cluster.version import Minor

TARGET = Minor(1, 37)
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: web}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.org/web:1}]}
"""


@pytest.mark.parametrize(("namespace", "said"), [("shop", "shop/web"), ("", "web")])
def test_a_name_is_qualified_where_there_is_a_namespace(namespace: str, said: str) -> None:
    assert qualified(namespace, "web") == said


def test_a_budget_of_a_file_without_namespace_is_named_alone() -> None:
    report = check_inputs(Inputs("app.yaml", manifests=parse_manifests(BUDGET, "app.yaml")), TARGET)
    (found,) = (each for each in report.findings if each.check == "budget-never-allows")
    assert found.message.startswith("PodDisruptionBudget web will never allow an eviction")


def test_no_finding_names_an_empty_namespace() -> None:
    texts = [
        text
        for case in all_cases()
        if case.files
        for each in check_inputs(
            Inputs("app.yaml", manifests=_without_namespaces(case.files)), TARGET
        ).findings
        for text in (each.title, each.message, each.fix)
    ]
    assert len(texts) > 100
    assert [text for text in texts if re.search(r"(^| )/\w|amespaces? *[:,.;]|  |''", text)] == []


def _without_namespaces(text: str) -> Manifests:
    found = parse_manifests(text, "app.yaml").found
    for each in found:
        each.document.get("metadata", {}).pop("namespace", None)
    return Manifests(tuple(msgspec.structs.replace(each, namespace="") for each in found))
