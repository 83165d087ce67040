"""Which requests a webhook or an admission policy sees, by its rules and selectors.

Follows the API server's matchers: `*` stands for all resources without their subresources, `*/*` for both;
a namespace selector does not hold back what belongs to no namespace; an object without labels passes an
object selector that only excludes. Expressions of match conditions are not worked out here.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seatrial.catalog.system_requests import SystemRequest, system_requests
from seatrial.checks.check import Context
from seatrial.cluster.models import MatchResources, Namespace, Node, Pod, Webhook, WebhookRule
from seatrial.cluster.selectors import LabelSelector
from seatrial.cluster.snapshot import Snapshot

NAME = "kubernetes.io/metadata.name"


class Matcher(msgspec.Struct, frozen=True):
    """The rules with both selectors, as webhooks and policies have them alike."""

    rules: tuple[WebhookRule, ...]
    namespaces: LabelSelector
    objects: LabelSelector
    excluded: tuple[WebhookRule, ...] = ()
    is_conditional: bool = False
    """It has conditions in CEL, or names: it sees fewer requests than we say."""


def of_webhook(webhook: Webhook) -> Matcher:
    return Matcher(
        webhook.rules,
        webhook.namespace_selector,
        webhook.object_selector,
        is_conditional=bool(webhook.match_conditions),
    )


def of_policy(constraints: MatchResources, conditions: int = 0) -> Matcher:
    named = any(rule.resource_names for rule in constraints.resource_rules)
    return Matcher(
        constraints.resource_rules,
        constraints.namespace_selector,
        constraints.object_selector,
        constraints.exclude_resource_rules,
        is_conditional=bool(conditions) or named,
    )


def system_requests_seen(context: Context, *matchers: Matcher) -> tuple[SystemRequest, ...]:
    """Those that all of the matchers see: a policy's and its binding's must both match."""
    return tuple(
        request for request in system_requests() if all(_sees(context, each, request) for each in matchers)
    )


def sees_pods_of(context: Context, matcher: Matcher, namespace: str) -> bool:
    """Whether making a pod in this namespace comes to it."""
    created = SystemRequest("", "pods", namespace, ("CREATE",), "pods", False, "", "")
    return _sees(context, matcher, created)


def _sees(context: Context, matcher: Matcher, request: SystemRequest) -> bool:
    if not any(_rule_matches(rule, request) for rule in matcher.rules):
        return False
    # an exclusion by name leaves other objects in
    whole = [rule for rule in matcher.excluded if not getattr(rule, "resource_names", ())]
    if any(_rule_matches(rule, request) for rule in whole):
        return False
    if request.namespace and not matcher.namespaces.matches(_labels_of(context, request.namespace)):
        return False
    if matcher.objects.selects_everything:
        return True
    return any(matcher.objects.matches(labels) for labels in _objects(context, request))


def _rule_matches(rule: WebhookRule, request: SystemRequest) -> bool:
    if rule.scope == "Namespaced" and not request.namespace:
        return False
    if rule.scope == "Cluster" and request.namespace:
        return False
    return (
        _any_of(rule.api_groups, (request.group,))
        and _any_of(rule.operations, request.operations)
        and any(_resource_matches(each, request.resource) for each in rule.resources)
    )


def _any_of(written: tuple[str, ...], wanted: Iterable[str]) -> bool:
    return "*" in written or any(each in written for each in wanted)


def _resource_matches(written: str, wanted: str) -> bool:
    kind, _, part = written.partition("/")
    wanted_kind, _, wanted_part = wanted.partition("/")
    return kind in ("*", wanted_kind) and (part == wanted_part or (part == "*" and "/" in written))


def _labels_of(context: Context, namespace: str) -> dict[str, str]:
    found = context.snapshot.once(_by_name).get(namespace, {})
    return {NAME: namespace, **found}  # the API server sets this label on every namespace


def _by_name(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    return {each.name: each.labels for each in snapshot.read(Namespace)}


def _objects(context: Context, request: SystemRequest) -> Iterable[dict[str, str]]:
    """Labels of the objects that such requests are about, as far as they are known."""
    found: list[dict[str, str]] = []
    if request.labels_of == "pods":
        found = context.snapshot.once(_of_pods).get(request.namespace, [])
    elif request.labels_of == "nodes":
        found = [each.labels for each in context.read(Node)]
    return found or [{}]


def _of_pods(snapshot: Snapshot) -> dict[str, list[dict[str, str]]]:
    """By namespace, the same labels once."""
    distinct = {(each.namespace, *sorted(each.labels.items())): each for each in snapshot.read(Pod)}
    found: dict[str, list[dict[str, str]]] = {}
    for each in distinct.values():
        found.setdefault(each.namespace, []).append(each.labels)
    return found
