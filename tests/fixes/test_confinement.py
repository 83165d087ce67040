"""Profiles of seccomp and AppArmor move from annotations into the fields that are read, comments too."""

from __future__ import annotations

from textwrap import dedent

import pytest
import ryaml

from seatrial.cluster.objects import GroupVersionKind
from seatrial.cluster.version import Minor
from seatrial.fixes import FileFix, fix_file
from seatrial.schemas import schemas_for, unknown_fields, validate

CHECK = frozenset({"pod-security-annotation"})
POD = "seccomp.security.alpha.kubernetes.io/pod"
OWN = "container.seccomp.security.alpha.kubernetes.io/web"
ARMOR = "container.apparmor.security.beta.kubernetes.io/web"
BEFORE = dedent(
    """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata:
          labels: {app: web}
          annotations:
            # see the handbook
            seccomp.security.alpha.kubernetes.io/pod: "runtime/default"  # all
            prometheus.io/scrape: "true"
            # two
            # lines
            container.seccomp.security.alpha.kubernetes.io/web: localhost/web.json # own
            # other
            container.apparmor.security.beta.kubernetes.io/web: localhost/k8s-web
        spec:
          containers:
          - name: web
            image: web # 1
            securityContext:
              readOnlyRootFilesystem: true # 2
          - name: side
            image: side
            securityContext: {}
          # end
    """
)
AFTER = dedent(
    """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata:
          labels: {app: web}
          annotations:
            prometheus.io/scrape: "true"
        spec:
          containers:
          - name: web
            image: web # 1
            securityContext:
              readOnlyRootFilesystem: true # 2
              seccompProfile:
                type: Localhost
                # two
                # lines
                localhostProfile: web.json # own
              appArmorProfile:
                type: Localhost
                # other
                localhostProfile: k8s-web
          - name: side
            image: side
            securityContext: {}
          securityContext:
            seccompProfile:
              # see the handbook
              type: RuntimeDefault  # all
          # end
    """
)


def a_pod(annotations: str, spec: str = "") -> str:
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    {annotations}\n"
        f"spec:\n{spec}  containers:\n  - name: web\n    image: web\n"
    )


def fix(text: str, target: Minor = Minor(1, 34)) -> FileFix:
    return fix_file(text, "f", target, CHECK)


def why_not(text: str, target: Minor = Minor(1, 34)) -> str:
    found = fix(text, target)
    assert (found.after, found.fixed) == (text, ())
    (refusal,) = found.refused
    return refusal.why


def test_profiles_become_fields_where_they_apply_and_comments_go_along() -> None:
    assert fix(BEFORE).after == AFTER
    assert fix(AFTER).fixed == ()


def test_windows_line_ends_stay() -> None:
    assert fix(BEFORE.replace("\n", "\r\n")).after == AFTER.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("annotation", "field"),
    [
        (f"{POD}: docker/default", "securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n"),
        (
            f"{POD}: localhost/a/b.json",
            "securityContext:\n    seccompProfile:\n      type: Localhost\n"
            "      localhostProfile: a/b.json\n",
        ),
        (
            f"{ARMOR}: unconfined",
            "  securityContext:\n      appArmorProfile:\n        type: Unconfined\n",
        ),
    ],
)
def test_each_word_of_an_annotation_has_its_type(annotation: str, field: str) -> None:
    text = a_pod(annotation)
    found = fix(text)
    assert found.after == text.replace(f"  annotations:\n    {annotation}\n", "") + "  " + field
    assert found.fixed[0].notes[-1] == (
        "This cannot change in a Pod that exists: delete that before this one is applied."
    )


@pytest.mark.parametrize(
    ("annotation", "why"),
    [
        (f"{POD}: unconfined", "Pod Security levels refuse that"),
        (f"{POD}: localhost/../x", "no path below the kubelet's folder"),
        (f"{POD}: localhost/", "names no profile"),
        (f"{ARMOR}: something", "names no profile"),
    ],
)
def test_what_a_person_has_to_decide_stays_and_says_why(annotation: str, why: str) -> None:
    assert why in why_not(a_pod(annotation))


def test_app_armor_waits_until_every_node_beside_the_target_knows_the_field() -> None:
    text = a_pod(f"{ARMOR}: runtime/default")
    assert why_not(text, Minor(1, 32)) == (
        "a person has to decide: appArmorProfile is a field since 1.30, and nodes beside Kubernetes 1.32"
        f" may be as old as 1.29: keep {ARMOR} until all are newer."
    )
    assert fix(text, Minor(1, 33)).after != text
    assert fix(text, Minor(1, 29)).refused == ()


def test_what_one_annotation_keeps_does_not_hold_back_another() -> None:
    found = fix(a_pod(f"{POD}: runtime/default\n    {ARMOR}: runtime/default"), Minor(1, 31))
    assert "type: RuntimeDefault" in found.after
    assert ARMOR in found.after
    assert [each.ref.name for each in found.refused] == ["p"]


@pytest.mark.parametrize(
    "text",
    [
        a_pod(f"{POD}: runtime/default", "  os: {name: windows}\n"),
        a_pod(f"{POD}: runtime/default", "  securityContext: {seccompProfile: {type: RuntimeDefault}}\n"),
        a_pod("container.apparmor.security.beta.kubernetes.io/gone: runtime/default"),
        a_pod("prometheus.io/scrape: 'true'"),
    ],
)
def test_what_the_check_does_not_find_stays(text: str) -> None:
    found = fix(text)
    assert (found.after, found.refused) == (text, ())


def test_json_and_flow_style_move_too() -> None:
    text = (
        f'{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "p", "annotations": {{"{POD}":'
        ' "runtime/default"}}, "spec": {"containers": [{"name": "web", "image": "web"}]}}'
    )
    assert fix(text).after == (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers":'
        ' [{"name": "web", "image": "web"}], "securityContext":'
        ' {"seccompProfile": {"type": "RuntimeDefault"}}}}'
    )


def test_a_security_context_that_is_none_stays() -> None:
    assert why_not(a_pod(f"{POD}: runtime/default", "  securityContext: [a]\n")) == (
        "a person has to decide: securityContext is no mapping."
    )


@pytest.mark.parametrize("text", [BEFORE, a_pod(f"{ARMOR}: unconfined"), a_pod(f"{POD}: localhost/x")])
def test_results_fit_the_schema_of_every_target_that_they_are_offered_for(text: str) -> None:
    for minor in range(33, 38):
        after = ryaml.loads(fix(text, Minor(1, minor)).after)
        schema = schemas_for(Minor(1, minor)).kind(GroupVersionKind.of_object(after))
        assert schema is not None
        assert (list(validate(after, schema)), list(unknown_fields(after, schema))) == ([], [])


def test_cron_jobs_keep_their_templates_deeper() -> None:
    text = dedent(
        f"""\
        apiVersion: batch/v1
        kind: CronJob
        metadata: {{name: c}}
        spec:
          schedule: "@daily"
          jobTemplate:
            spec:
              template:
                metadata:
                  annotations:
                    {OWN}: runtime/default
                spec:
                  containers:
                  - name: web
                    image: web
                  restartPolicy: Never
        """
    )
    assert fix(text).after == text.replace(
        f"        metadata:\n          annotations:\n            {OWN}: runtime/default\n", ""
    ).replace(
        "image: web\n",
        "image: web\n            securityContext:\n              seccompProfile:\n"
        "                type: RuntimeDefault\n",
    )
