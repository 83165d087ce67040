"""Lists of one kind, whose items may leave out apiVersion and kind, are rewritten with their items."""

from __future__ import annotations

from textwrap import dedent

from seatrial.cluster.version import Minor
from seatrial.fixes import FileFix, fix_file
from seatrial.fixes.document import REWRITES

BARE = dedent(
    """\
    apiVersion: extensions/v1beta1 # of all
    kind: IngressList
    items:
    - metadata: {name: a, namespace: shop} # first
      spec:
        backend: {serviceName: a, servicePort: 80}
    - metadata: {name: b}
      spec:
        # the rest
        backend:
          serviceName: b # b
          servicePort: http
    """
)
BARE_AFTER = dedent(
    """\
    apiVersion: networking.k8s.io/v1 # of all
    kind: IngressList
    items:
    - metadata: {name: a, namespace: shop} # first
      spec:
        defaultBackend: {service: {name: a, port: {number: 80}}}
    - metadata: {name: b}
      spec:
        # the rest
        defaultBackend:
          service:
            name: b # b
            port:
              name: http
    """
)


def fix(text: str, checks: frozenset[str] = REWRITES) -> FileFix:
    return fix_file(text, "f", Minor(1, 34), checks)


def test_items_that_leave_out_their_version_change_with_their_list() -> None:
    found = fix(BARE)
    assert found.after == BARE_AFTER
    assert [(str(each.ref), each.line, str(each.after)) for each in found.fixed] == [
        ("shop/ingress/a", 4, "networking.k8s.io/v1 Ingress"),
        ("ingress/b", 7, "networking.k8s.io/v1 Ingress"),
    ]
    assert fix(BARE_AFTER).fixed == ()


def test_json_and_a_list_in_a_list_change_too() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "policy/v1beta1",'
        ' "kind": "PodDisruptionBudgetList", "items": [{"metadata": {"name": "b"}, "spec": {"minAvailable": 1'
        ', "selector": {"matchLabels": {"a": "b"}}}}]}]}'
    )
    assert fix(text).after == text.replace("policy/v1beta1", "policy/v1")


def test_a_list_whose_kind_changes_its_name_changes_it_too() -> None:
    text = dedent(
        """\
        apiVersion: batch/v2alpha1
        kind: ScheduledJobList
        items:
        - metadata: {name: c}
          spec:
            schedule: "@daily"
            jobTemplate:
              spec:
                template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}
        """
    )
    assert fix(text).after == text.replace("batch/v2alpha1", "batch/v1").replace("ScheduledJob", "CronJob")


def test_one_item_that_cannot_be_rewritten_keeps_the_version_of_all() -> None:
    text = BARE.replace("serviceName: b # b", "serviceName: b\n      surplus: 1")
    found = fix(text)
    assert (found.after, found.fixed) == (text, ())
    first, second = found.refused
    assert first.why == (f"its list says the version for all of its items, and ingress/b stays: {second.why}")
    assert second.why.startswith("the result would not fit networking.k8s.io/v1 Ingress of Kubernetes 1.34")


def test_items_that_say_their_own_version_change_by_themselves_and_the_list_once_all_have() -> None:
    item = (
        "- apiVersion: networking.k8s.io/v1beta1\n  kind: Ingress\n  metadata: {name: c}\n"
        "  spec: {backend: {serviceName: c, servicePort: 80}}\n"
    )
    rewritten = item.replace("v1beta1", "v1").replace(
        "backend: {serviceName: c, servicePort: 80}",
        "defaultBackend: {service: {name: c, port: {number: 80}}}",
    )
    assert fix(BARE + item).after == BARE_AFTER + rewritten
    head = "apiVersion: networking.k8s.io/v1beta1\nkind: IngressList\nitems:\n"
    assert fix(head + item).after == head.replace("v1beta1", "v1") + rewritten
    broken = item.replace("serviceName: c", "surplus: 1, serviceName: c")
    assert fix(head + item + broken).after == head + rewritten + broken


def test_an_item_that_says_half_is_refused_as_kubectl_refuses_it() -> None:
    text = BARE.replace("- metadata: {name: b}", "- kind: Ingress\n  metadata: {name: b}")
    found = fix(text)
    assert [each.why for each in found.refused] == [
        "it says only one of apiVersion and kind, which kubectl refuses: write both."
    ]


def test_small_edits_reach_items_without_a_kind() -> None:
    text = dedent(
        """\
        apiVersion: apps/v1
        kind: DeploymentList
        items:
        - metadata: {name: web}
          spec:
            template:
              spec:
                containers:
                - name: pause
                  image: k8s.gcr.io/pause:3.9 # small
        """
    )
    assert fix(text, frozenset({"image-registry-ended"})).after == text.replace(
        "k8s.gcr.io", "registry.k8s.io"
    )
