"""Manifests are rewritten in place: what is not concerned stays as it is written."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest
import ryaml

from seatrial.cluster.version import Minor
from seatrial.fixes import fix_file
from seatrial.fixes.diff import unified_diff

TARGET = Minor(1, 34)
INGRESS = dedent(
    """\
    # the shop's front door
    apiVersion: extensions/v1beta1 # old
    kind: Ingress
    metadata:
      name: web
      annotations:
        kubernetes.io/ingress.class: "nginx"
    spec:
      # where the rest goes
      backend:   # here
        # who
        serviceName: 'other' # o
        servicePort: 80 # p
      rules:
      - host: a.example.com
        http:
          paths:
          # first
          - backend:
              serviceName: "web"   # the shop
              servicePort: http
            path: /
          - path: /b
            backend: {serviceName: b, servicePort: 81}
    """
)
INGRESS_AFTER = dedent(
    """\
    # the shop's front door
    apiVersion: networking.k8s.io/v1 # old
    kind: Ingress
    metadata:
      name: web
      annotations:
        kubernetes.io/ingress.class: "nginx"
    spec:
      # where the rest goes
      defaultBackend:   # here
        # who
        service:
          name: 'other' # o
          port:
            number: 80 # p
      rules:
      - host: a.example.com
        http:
          paths:
          # first
          - backend:
              service:
                name: "web"   # the shop
                port:
                  name: http
            path: /
            pathType: ImplementationSpecific
          - path: /b
            pathType: ImplementationSpecific
            backend: {service: {name: b, port: {number: 81}}}
    """
)
BUDGET = (
    "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {minAvailable: 1}\n"
)
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2hunter2}\n"


def fixed(text: str) -> str:
    return fix_file(text, "f.yaml", TARGET).after


def test_an_ingress_moves_its_backends_with_their_comments_and_quotes() -> None:
    assert fixed(INGRESS) == INGRESS_AFTER


def test_windows_line_ends_stay() -> None:
    assert fixed(INGRESS.replace("\n", "\r\n")) == INGRESS_AFTER.replace("\n", "\r\n")


def test_a_byte_order_mark_and_a_missing_last_line_end_stay() -> None:
    assert fixed("\ufeff" + INGRESS.rstrip("\n")) == "\ufeff" + INGRESS_AFTER.rstrip("\n")


def test_other_documents_stay_byte_for_byte_even_broken_ones() -> None:
    others = "a:   [1,2 ]  # odd\n", "b: {\n", "  \n# only a comment\n"
    text = others[0] + "---\n" + INGRESS + "--- # x\n" + others[1] + "---\n" + INGRESS + "...\n" + others[2]
    assert fixed(text) == text.replace(INGRESS, INGRESS_AFTER)


def test_json_keeps_its_layout() -> None:
    text = dedent(
        """\
        {
          "apiVersion": "extensions/v1beta1",
          "kind": "Ingress",
          "metadata": {"name": "web"},
          "spec": {
            "backend": {
              "serviceName": "web",
              "servicePort": 80
            }
          }
        }
        """
    )
    assert fixed(text) == dedent(
        """\
        {
          "apiVersion": "networking.k8s.io/v1",
          "kind": "Ingress",
          "metadata": {"name": "web"},
          "spec": {
            "defaultBackend": {
              "service": {
                "name": "web",
                "port": {
                  "number": 80
                }
              }
            }
          }
        }
        """
    )


def test_json_indented_with_tabs_is_edited_too() -> None:
    text = '{\n\t"apiVersion": "policy/v1beta1",\n\t"kind": "PodDisruptionBudget",\n\t"spec": {}\n}'
    assert fixed(text) == text.replace("v1beta1", "v1")


def test_an_item_of_a_list_is_rewritten_in_it() -> None:
    item = "".join(f"  {line}\n" for line in BUDGET.splitlines()).replace("  api", "- api", 1)
    text = f"apiVersion: v1\nkind: List\nitems:\n{item}"
    assert fixed(text) == text.replace("policy/v1beta1", "policy/v1")


def test_an_anchor_shared_by_backends_goes_on_serving_both() -> None:
    text = dedent(
        """\
        apiVersion: networking.k8s.io/v1beta1
        kind: Ingress
        metadata: {name: web}
        spec:
          backend: &b
            serviceName: web
            servicePort: 80
          rules:
          - http:
              paths:
              - path: /
                backend: *b
        """
    )
    after = fixed(text)
    assert after == dedent(
        """\
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web}
        spec:
          defaultBackend: &b
            service:
              name: web
              port:
                number: 80
          rules:
          - http:
              paths:
              - path: /
                pathType: ImplementationSpecific
                backend: *b
        """
    )
    assert ryaml.loads(after)["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "web"


def test_fields_that_a_merge_key_brings_are_left_to_it() -> None:
    text = dedent(
        """\
        x: &labels
          app: web
        apiVersion: policy/v1beta1
        kind: PodDisruptionBudget
        metadata:
          name: b
          labels:
            <<: *labels
            tier: front
        """
    )
    done = fix_file(text.replace("x: ", "metadata2: "), "f", TARGET)
    assert done.after == done.before  # the extra field is no part of a budget
    assert "it has no field metadata2" in done.refused[0].why


def test_a_definition_says_everything_with_its_version() -> None:
    text = dedent(
        """\
        apiVersion: apiextensions.k8s.io/v1beta1
        kind: CustomResourceDefinition
        metadata:
          name: things.example.com
          creationTimestamp: null
        spec:
          group: example.com
          names:
            kind: Thing
            plural: things
          scope: Namespaced
          preserveUnknownFields: false
          # what kubectl shows
          additionalPrinterColumns:
          - JSONPath: .spec.size   # in litres
            name: Size
            type: integer
          subresources:
            status: {}
          validation:
            # generated
            openAPIV3Schema:
              type: object
              properties:
                spec:
                  type: object  # the wish
          version: v1
        """
    )
    assert fixed(text) == dedent(
        """\
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: things.example.com
          creationTimestamp: null
        spec:
          group: example.com
          names:
            kind: Thing
            plural: things
          scope: Namespaced
          preserveUnknownFields: false
          # what kubectl shows
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              # generated
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object  # the wish
            subresources:
              status: {}
            additionalPrinterColumns:
            - jsonPath: .spec.size   # in litres
              name: Size
              type: integer
        """
    )


def test_a_kind_without_a_replacement_is_refused_with_that_reason() -> None:
    text = "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\n"
    found = fix_file(text, "f", TARGET)
    assert found.after == text
    assert [each.why for each in found.refused] == [
        "there is no replacement: remove it, and what relies on it."
    ]


def test_an_unknown_field_is_never_dropped_in_silence() -> None:
    found = fix_file(BUDGET + "surplus: 1\n", "f", TARGET)
    assert found.after == found.before
    assert found.refused[0].why == (
        "the result would not fit policy/v1 PodDisruptionBudget of Kubernetes 1.34: it has no field surplus."
    )


def test_rewriting_twice_is_rewriting_once() -> None:
    assert fixed(fixed(INGRESS)) == fixed(INGRESS)


@pytest.mark.parametrize(
    "text", [INGRESS, "\ufeff" + INGRESS, INGRESS.replace("\n", "\r\n"), INGRESS.rstrip()]
)
def test_git_applies_the_diff(tmp_path: Path, text: str) -> None:
    whole = SECRET + "---\n" + text + "\n---\n" + SECRET + "---\n" + BUDGET
    name = "deploy/the shop's ingress.yaml"
    file = tmp_path / name
    file.parent.mkdir()
    file.write_bytes(whole.encode())
    after = fixed(whole)
    diff = unified_diff(whole, after, name)
    assert "hunter2" not in diff
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff.encode(), check=True, capture_output=True)
    assert file.read_bytes() == after.encode()


def test_no_change_is_no_diff() -> None:
    assert unified_diff("a\n", "a\n", "f") == ""
