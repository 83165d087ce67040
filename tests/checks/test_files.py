"""Objects in files that are not of their kind's shape are incomplete, with what to do."""

from __future__ import annotations

import pytest
from tests.checks.reports import report_on_text

WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"


@pytest.mark.parametrize(
    ("rest", "next_step"),
    [
        ("  labels: {release: 012}\n", "Put it in quotes: kubectl takes it for a number or a yes or no."),
        ("  labels: {stable: yes}\n", "Put it in quotes: kubectl takes it for a number or a yes or no."),
        ("spec: {replicas: many}\n", "Correct it and check again."),
    ],
)
def test_an_object_of_another_shape_is_incomplete_and_says_what_to_do(rest: str, next_step: str) -> None:
    (gap,) = report_on_text(WEB + rest, check="budget-never-allows").incomplete
    assert (gap.location, gap.next_step) == ("app.yaml:1", next_step)
    assert gap.why.startswith("deployment/web was not checked: an object does not have the shape of its kind")


def test_plain_words_are_what_kubectl_makes_of_them() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: yes\n  containers: []\n"
    assert report_on_text(text, check="pod-without-controller").incomplete == ()
