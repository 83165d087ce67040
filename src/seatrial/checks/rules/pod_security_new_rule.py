"""A pod that may run today will be refused by Pod Security's rules of the target.

**What.** Pod templates whose probes or lifecycle handlers name a host, in namespaces that enforce the level
baseline or restricted in its latest version, or in one from 1.34 on.

**Why.** A namespace that does not pin the version of its level gets new rules with every minor. Since 1.34
these two levels refuse the field. Nothing happens to the pods that run; those that a drain makes anew are
refused, and the workload shrinks node by node.

**How to fix.** Leave the host out: the kubelet then asks the pod itself. Until then pin the namespace:
`pod-security.kubernetes.io/enforce-version: v1.33`.

**Source.** KEP-4940; kubernetes.io/docs/concepts/security/pod-security-standards.
"""

from __future__ import annotations

from seatrial.catalog.turning_points import turning_point
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Namespace
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.version import Version
from seatrial.errors import BadInput

_ENFORCE = "pod-security.kubernetes.io/enforce"
_STRICT = ("baseline", "restricted")


@check(
    id="pod-security-new-rule",
    title="Pod Security's new rules refuse a pod",
    reads=(*READS, Namespace),
    in_files=True,
)
def pod_security_new_rule(check: Check, context: Context) -> Found:
    point = turning_point("pod-security-host")
    if not point.reached_by(context.target):
        return
    strict = {each.name: each for each in context.read(Namespace) if _enforces(each)}
    found: dict[str, list[Template]] = {}
    for template in pod_templates(context):
        if template.namespace in strict and _names_a_host(template):
            found.setdefault(template.namespace, []).append(template)
    for namespace, templates in found.items():
        runs = any(template.replicas > 0 or template.kind == "DaemonSet" for template in templates)
        level = strict[namespace].labels[_ENFORCE]
        yield check.finding(
            Severity.BLOCKER if runs else Severity.WARNING,
            f"Namespace {namespace} enforces {level}: since {point.minor} {point.what}. The pods of"
            f" {counted(len(templates), 'workload')} would be refused when they are made anew.",
            objects=[template.ref for template in templates],
            owner=next((owner for template in templates if (owner := template.owner)), None),
            fix="Leave the host out of their probes and lifecycle handlers; until then pin"
            f" {_ENFORCE}-version to {_last_without()}.",
            source=point.source,
            proposals=_pins(strict[namespace]),
        )


def _pins(namespace: Namespace) -> list[Proposal]:
    """The rules of the minor before; whoever keeps the namespace in Git has to write it there."""
    owner = owner_of(namespace.metadata)
    if owner is not None and owner.reverts_changes:
        return []
    label = f"{_ENFORCE}-version"
    before = {"metadata": {"labels": {label: namespace.labels.get(label)}}}
    return [
        Proposal(
            title=f"Pin the Pod Security version of namespace {namespace.name} to {_last_without()}",
            target=namespace.ref,
            resource=namespace.PLURAL,
            patch={"metadata": {"labels": {label: _last_without()}}},
            undo=before,
            expects=before,
            safe=True,
        )
    ]


def _last_without() -> str:
    """The newest version without the rule, as the label writes it."""
    return f"v{turning_point('pod-security-host').minor.plus(-1)}"


def _enforces(namespace: Namespace) -> bool:
    """Whether the rule holds there; a version that cannot be read counts as the latest."""
    if namespace.labels.get(_ENFORCE) not in _STRICT:
        return False
    try:
        pinned = Version.parse(namespace.labels.get(f"{_ENFORCE}-version", "latest")).line
    except BadInput:
        return True
    return pinned >= turning_point("pod-security-host").minor


def _names_a_host(template: Template) -> bool:
    containers = (*template.spec.init_containers, *template.spec.containers)
    return any(handler.names_a_host for container in containers for handler in container.handlers)
