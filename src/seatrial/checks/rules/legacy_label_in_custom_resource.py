"""A custom resource selects nodes by a label that Kubernetes renamed.

**What.** Any field of any custom resource that names node-role.kubernetes.io/master,
beta.kubernetes.io/… or failure-domain.beta.kubernetes.io/…: node selectors, affinities and tolerations
that an operator hands on to its pods, and selectors in a language of the operator's own, such as those
of Calico's route reflectors. An object that names the new label too is left out.

**Why.** No scheduler looks at these, so nothing says that they select nobody any more. In March 2023 the
upgrade to 1.24 took the label that Reddit's route reflectors were selected by: the network of the whole
site was gone for 314 minutes.

**How to fix.** Name the new label beside the old one before the upgrade, and drop the old one afterwards.

**Source.** kubernetes.io/docs/reference/labels-annotations-taints; Reddit's report "You Broke Reddit: The
Pi-Day Outage" (2023).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from seatrial.catalog.labels import LegacyLabel, label_names, legacy_labels
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Node
from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.snapshot import ResourceList, plain_object

_NODE_SELECTORS = frozenset({"nodeSelector", "nodeSelectors", "nodeSelectorExpression"})
_DEEPEST = 60  # levels; the API server takes no more than a few dozen


@check(
    id="legacy-label-in-custom-resource",
    title="A custom resource selects nodes by a label that was renamed",
    reads=(Section.CUSTOM_RESOURCES, Node),
)
def legacy_label_in_custom_resource(check: Check, context: Context) -> Found:
    marks = tuple(dict.fromkeys(key.partition("/")[0].encode() for key in legacy_labels()))
    on_nodes = {key for node in context.read(Node) for key in node.labels}
    found: dict[tuple[LegacyLabel, str], list[ObjectRef]] = {}
    hidden: dict[str, int] = {}
    for listed in context.custom_resources():
        for ref, obj in _worth_reading(listed, marks, portable=context.snapshot.meta.portable):
            for key in _names_in(obj):
                found.setdefault((legacy_labels()[key], str(listed.group_kind)), []).append(ref)
            if context.snapshot.meta.portable and _hides_a_selector(listed, obj):
                hidden[str(listed.group_kind)] = hidden.get(str(listed.group_kind), 0) + 1
    for (label, kind), refs in found.items():
        lost = bool(context.read(Node)) and label.key not in on_nodes
        yield check.finding(
            Severity.WARNING,
            f"{len(refs)} {kind} name the label {label.key}: {label.what}."
            + (
                " No node here has it."
                if lost
                else " Nodes here still have it; new ones may come without it."
            ),
            objects=refs,
            fix=f"Name {label.replacement}, beside the old label as long as nodes have that.",
            source=label.source,
        )
    for kind, count in hidden.items():
        yield check.incomplete(
            f"node selectors of {count} {kind}",
            "a portable snapshot keeps no text of this kind.",
            next_step="Run the check on the live cluster.",
        )


def _worth_reading(
    listed: ResourceList, marks: tuple[bytes, ...], *, portable: bool
) -> Iterator[tuple[ObjectRef, Obj]]:
    """Objects whose bytes hold the beginning of such a name; a look at the bytes spares decoding the rest."""
    for item in listed.items:
        raw = bytes(item)
        if any(mark in raw for mark in marks) or (portable and b"odeSelector" in raw):
            obj = plain_object(raw, listed.kind)
            ref = ObjectRef.of(obj)
            yield ObjectRef(listed.gvr.api_version, listed.kind, ref.namespace, ref.name), obj


def _names_in(obj: Obj) -> set[str]:
    """Legacy labels that it names without their new name; its own metadata and status aside."""
    found: set[str] = set()
    rest = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    for text in _texts(rest):
        found.update(_name().findall(text))
    return {key for key in found if key in legacy_labels() and legacy_labels()[key].replacement not in found}


@cache
def _name() -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<![\w./-]){re.escape(key)}(?![\w./-])" for key in sorted(label_names())))


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, dict):
        for key, child in value.items():
            yield str(key)
            yield from _texts(child, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list):
        for child in value:
            yield from _texts(child, depth + 1)


def _hides_a_selector(listed: ResourceList, value: Any, depth: int = 0) -> bool:
    """A selector written as text, of a kind whose texts a portable snapshot replaces."""
    if listed.gvr.group.endswith("projectcalico.org") or depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return any(
            (key in _NODE_SELECTORS and isinstance(child, str) and child != "")
            or _hides_a_selector(listed, child, depth + 1)
            for key, child in value.items()
        )
    return isinstance(value, list) and any(_hides_a_selector(listed, child, depth + 1) for child in value)
