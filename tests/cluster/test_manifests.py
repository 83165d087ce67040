"""Manifests are found in whatever people write; one broken document does not hide the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cluster.manifests import parse_manifests


def found(text: str) -> list[tuple[str, str, int]]:
    return [(str(each.gvk), each.name, each.line) for each in parse_manifests(text, "f.yaml").found]


def problems(text: str) -> list[tuple[str, str]]:
    return [(each.location, each.what) for each in parse_manifests(text, "f.yaml").problems]


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: n}\n"


@pytest.mark.parametrize(
    "text",
    [
        POD,
        "---\n" + POD + "---\n",
        "\ufeff" + POD,
        POD.replace("\n", "\r\n"),
        "# a comment\n\n---\n# another\n" + POD + "...\n",
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}',
        '\n\t{\n\t"apiVersion": "v1",\n\t"kind": "Pod", "metadata": {"name": "a"}}\n',
        "{apiVersion: v1, kind: Pod, metadata: {name: a}}",
        "%YAML 1.2\n---\n" + POD,
        "apiVersion:   \"v1\"\nkind   : 'Pod'\nmetadata: &m\n  name: a\nother: *m\n",
    ],
)
def test_one_pod_is_found_however_it_is_written(text: str) -> None:
    assert [(gvk, name) for gvk, name, _ in found(text)] == [("v1 Pod", "a")]
    assert problems(text) == []


def test_parts_of_a_file_may_each_have_a_byte_order_mark() -> None:
    text = "\ufeff" + POD + "---\n\ufeff" + POD.replace("name: a", "name: b")
    assert [each[1] for each in found(text)] == ["a", "b"]
    assert problems(text) == []


def test_json_objects_one_after_the_other_and_in_an_array() -> None:
    one = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}'
    assert [each[1:] for each in found(one + one + "\n" + one)] == [("a", 1), ("a", 1), ("a", 2)]
    assert [each[1] for each in found(f"{one}\n---\n{one}")] == ["a", "a"]
    assert [each[1] for each in found(f"[{one}, {one}, 3]")] == ["a", "a"]


def test_merge_keys_are_resolved_as_kubectl_does() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        "x: &x {q: '1', z: '2'}\ny: &y {k: '1', q: '9'}\ndata:\n  <<: [*x, *y]\n  z: '3'\n"
    )
    (manifest,) = parse_manifests(text, "f.yaml").found
    assert manifest.document["data"] == {"q": "1", "z": "3", "k": "1"}


def test_documents_keep_their_lines() -> None:
    text = "# head\n---\n" + POD + "---\n\n# about b\n" + POD.replace("name: a", "name: b")
    assert found(text) == [("v1 Pod", "a", 3), ("v1 Pod", "b", 9)]


def test_lists_are_taken_apart() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n"
        "- apiVersion: v1\n  kind: List\n  items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}]\n"
        "---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudgetList\nitems: [{metadata: {name: c}}]\n"
    )
    assert [each[:2] for each in found(text)] == [
        ("apps/v1 Deployment", "a"),
        ("v1 Pod", "b"),
        ("policy/v1beta1 PodDisruptionBudget", "c"),
    ]


@pytest.mark.parametrize("indent", ["", "  "])
def test_items_of_a_list_have_their_own_lines(indent: str) -> None:
    item = "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: {}\n"
    items = "".join(indent + line + "\n" for name in "ab" for line in item.format(name).splitlines())
    assert found("---\napiVersion: v1\nkind: List\nitems:\n" + items) == [
        ("v1 Pod", "a", 5),
        ("v1 Pod", "b", 9),
    ]


@pytest.mark.parametrize("items", ["", "items: null\n", "items: []\n"])
def test_list_of_nothing_is_nothing(items: str) -> None:
    assert found("apiVersion: v1\nkind: List\n" + items) == []


def test_marker_at_the_start_of_a_line_ends_a_block_scalar() -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  x: |\n    y\n---\n{POD}"
    assert [each[1] for each in found(text)] == ["c", "a"]


def test_block_scalar_that_looks_like_documents_is_data() -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n"
        "    ---\n    apiVersion: extensions/v1beta1\n    kind: Ingress\n    ---\n"
    )
    assert [each[:2] for each in found(text)] == [("v1 ConfigMap", "a")]


def test_text_that_is_no_object_is_passed_over() -> None:
    assert found("replicas: 2\n---\n- a\n---\njust text\n---\napiVersion: x\n---\n\n") == []
    assert problems("replicas: 2\n---\n- a\n---\njust text\n---\napiVersion: x\n---\n\n") == []


def test_duplicate_key_is_named_with_its_line_and_the_rest_is_read() -> None:
    text = POD + "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: b\n  name: c\n---\n" + POD
    assert [each[1] for each in found(text)] == ["a", "a"]
    assert problems(text) == [("f.yaml:9", "the key 'name' is there twice: this document was not checked.")]


@pytest.mark.parametrize("line", ["[a]: b", "{{ name }}: b"])
def test_a_key_that_is_no_text_is_told_in_no_words_of_python(line: str) -> None:
    text = f"kind: ConfigMap\napiVersion: v1\ndata:\n  {line}\n"
    assert problems(text) == [
        ("f.yaml:1", "a key of it is a list or a mapping: this document was not checked.")
    ]


def test_duplicate_key_in_json_is_named_too() -> None:
    assert [what for _, what in problems('{"kind": "Pod",\n "kind": "Pod"}')] == [
        "the key 'kind' is there twice: this document was not checked."
    ]


def test_broken_document_is_named_and_the_others_are_read() -> None:
    text = POD + "---\nkind: [\nfoo\n---\n" + POD
    assert len(found(text)) == 2
    ((location, what),) = problems(text)
    assert location.startswith("f.yaml:")
    assert "is not valid YAML" in what


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
        "{{- if .Values.enabled }}\napiVersion: v1\nkind: Pod\n{{- end }}\n",
        'apiVersion: "{{ .Values.api }}"\nkind: Ingress\n',
        'apiVersion: {{ include "x" . }}\nkind: Ingress\n',
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ template "x.fullname" . }}\n',
    ],
)
def test_helm_template_is_said_to_be_unrendered(text: str) -> None:
    assert found(text) == []
    assert [what for _, what in problems(text)] == [
        "this is a Helm template, not a manifest: it was not checked."
    ]


def test_templates_of_alerts_in_broken_yaml_are_not_taken_for_helms() -> None:
    text = "receivers: [\nx:\n  - title: '{{ .GroupLabels.alertname }}'\n    {{ range .Alerts }}\n"
    ((_, what),) = problems(text)
    assert "is not valid YAML" in what


def test_braces_of_another_tool_in_the_kind_are_a_template_too() -> None:
    assert [what for _, what in problems('apiVersion: v1\nkind: "{{ kind }}"\n')] == [
        "this is a template, not a manifest: it was not checked."
    ]


@pytest.mark.parametrize(
    "text", ["", "\n", "---\n---\n", "# only this\n", "\x00", "a: &a [*a]\n", "[" * 5000]
)
def test_odd_files_do_not_raise(text: str) -> None:
    assert parse_manifests(text, "f.yaml").found == ()


HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
LEVELS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
)
BLOCKS = "a: &a\n- xxxxxxxxx\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)}\n" + f"- *{chr(97 + i)}\n" * 9 for i in range(8)
)


@pytest.mark.parametrize(
    "bomb",
    [
        LEVELS,
        BLOCKS,
        "{" + LEVELS.replace("\n", ", ") + "}",
        "a: &a " + "x" * 100_000 + "\nb: [" + ",".join(["*a"] * 3000) + "]\n",
        "a: &a\n  k: |\n" + "    line\n" * 20_000 + "b:\n" + "- *a\n" * 3000,
    ],
)
def test_alias_bomb_is_a_problem_not_a_hang(bomb: str) -> None:
    assert len(problems(bomb if bomb.startswith("{") else HEAD + bomb)) == 1


def test_many_aliases_to_small_things_are_fine() -> None:
    text = HEAD + "env: &env\n  name: x\n  value: y\nall:\n" + "- *env\n" * 5000 + "# " + "y" * 200_000
    assert [each[1] for each in found(text)] == ["a"]


def test_manifest_does_not_show_what_it_holds() -> None:
    read = parse_manifests("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {b: Y2FuYXJ5}", "f")
    assert read.found[0].document["data"] == {"b": "Y2FuYXJ5"}
    assert repr(read) == "Manifests(found=(Manifest(secret/a of f:1),), problems=(), files=1)"


lines = st.lists(
    st.one_of(
        st.sampled_from(
            ["---", "...", "apiVersion: v1", "kind: Pod", "  a: |", "- b", "{{ x }}", "{", "}", "\t", "# c"]
        ),
        st.text(max_size=12),
    ),
    max_size=12,
)


@given(lines.map("\n".join))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    read = parse_manifests(text, "f.yaml")
    total = text.count("\n") + 1
    assert all(1 <= each.line <= total for each in read.found)
    assert all(0 <= each.line <= total + 1 for each in read.problems)


def test_keys_that_are_booleans_or_numbers_are_text_as_for_kubectl() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {true: a, 2: b, x: {false: c}}\n"
    (manifest,) = parse_manifests(text, "a.yaml").found
    assert manifest.document["data"] == {"true": "a", "2": "b", "x": {"false": "c"}}


def test_key_that_is_null_leaves_a_problem() -> None:
    read = parse_manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {~: a}\n", "a.yaml")
    assert (read.found, [each.what for each in read.problems]) == (
        (),
        ["configmap/a was not checked: it holds what JSON cannot hold."],
    )
