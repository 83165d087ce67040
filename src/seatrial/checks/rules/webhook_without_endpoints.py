"""A webhook must agree to writes, and nothing answers for it.

**What.** Validating and mutating webhooks with failurePolicy Fail whose Service is missing or has no
ready endpoint. Webhooks that can match nothing (no rules, only API groups that the cluster does not serve,
as removed software leaves behind, or only namespaced objects in namespaces that do not exist) are left out;
so are those behind a URL, which cannot be seen from the cluster's state. While a pod behind the Service is
starting, for ten minutes at most, it only warns.

**Why.** The API server rejects every write that such a webhook would have to see. During a drain that
means no pod can be created elsewhere, perhaps not even the pod of the webhook itself.

**How to fix.** Bring the webhook's pods back. If they cannot start because of the webhook itself,
exclude their namespace from it. As a time-boxed way out set its failurePolicy to Ignore, and put it back
afterwards.

**Source.** kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.failing import is_starting
from seatrial.checks.services import answering
from seatrial.checks.webhooks import READS, Configuration, configurations
from seatrial.checks.wording import qualified
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import (
    APIService,
    EndpointSlice,
    Namespace,
    Pod,
    Service,
    ServiceReference,
    Webhook,
    WebhookRule,
)
from seatrial.cluster.objects import Obj, ObjectRef
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.proposal import Proposal

_Written = dict[tuple[str, str], list[Obj]]
"""The webhooks of a configuration as they are written, by its kind and name."""


@check(
    id="webhook-without-endpoints",
    title="A webhook that must agree does not answer",
    reads=(
        *READS,
        Service,
        EndpointSlice,
        APIService,
        Namespace,
        Pod,
    ),
)
def webhook_without_endpoints(check: Check, context: Context) -> Found:
    services = {(each.namespace, each.name): each for each in context.read(Service)}
    answered, groups = answering(context), _served_groups(context)
    silent: dict[tuple[str, str], list[tuple[Configuration, Webhook]]] = {}
    for configuration, webhook, service in _strict_webhooks(context):
        key = (service.namespace, service.name)
        if not (context.can_see(Service, key[0]) and context.can_see(EndpointSlice, key[0])):
            continue  # reported as incomplete
        found = services.get(key)
        if found is not None and found.spec.type == "ExternalName":
            continue
        if key not in answered and _can_match(context, webhook, groups):
            silent.setdefault(key, []).append((configuration, webhook))
    if not silent:
        return
    written, starting = _as_written(context), _starting_pods(context)
    for key, hooks in silent.items():
        behind = services.get(key)
        is_new = _is_starting(behind, starting.get(key[0], ()))
        yield _finding(check, context, key, hooks, written, behind, starting=is_new)


def _strict_webhooks(context: Context) -> Iterator[tuple[Configuration, Webhook, ServiceReference]]:
    for configuration in configurations(context):
        for webhook in configuration.webhooks:
            service = webhook.client_config.service
            if webhook.failure_policy == "Fail" and service is not None:
                yield configuration, webhook, service


def _can_match(context: Context, webhook: Webhook, groups: frozenset[str]) -> bool:
    """Whether any request can reach it. Cluster-scoped objects pass every namespace selector."""
    rules = [rule for rule in webhook.rules if _is_served(context, rule, groups)]
    if not rules:
        return False
    if any(rule.scope != "Namespaced" and not _only_namespaced(rule.resources) for rule in rules):
        return True
    return any(webhook.namespace_selector.matches(each.labels) for each in context.read(Namespace))


def _served_groups(context: Context) -> frozenset[str]:
    """Every group that is served has an APIService, those of custom resources too."""
    return frozenset(each.spec.group for each in context.read(APIService))


def _is_served(context: Context, rule: WebhookRule, groups: frozenset[str]) -> bool:
    if "apps" not in groups:
        return True  # a list without Kubernetes' own groups does not tell
    return any(group == "*" or context.apis.is_builtin(group) or group in groups for group in rule.api_groups)


# The namespaced resources that webhooks most often name; others count as perhaps cluster-scoped.
_NAMESPACED = frozenset(
    (
        *("pods", "services", "endpoints", "configmaps", "secrets", "serviceaccounts", "leases", "events"),
        *("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs", "ingresses"),
        *("persistentvolumeclaims", "poddisruptionbudgets", "networkpolicies", "roles", "rolebindings"),
        "replicationcontrollers",
    )
)


def _only_namespaced(resources: tuple[str, ...]) -> bool:
    return bool(resources) and all(each.partition("/")[0] in _NAMESPACED for each in resources)


def _is_opt_in(context: Context, webhooks: list[Webhook]) -> bool:
    """Only pods that carry a certain label are asked about, and no pod carries it now."""
    return all(
        not webhook.object_selector.selects_everything
        and {resource.partition("/")[0] for rule in webhook.rules for resource in rule.resources} == {"pods"}
        and not any(webhook.object_selector.matches(pod.labels) for pod in context.read(Pod))
        for webhook in webhooks
    )


def _starting_pods(context: Context) -> dict[str, list[Pod]]:
    """By namespace: those made minutes ago of which nothing says that they fail."""
    found: dict[str, list[Pod]] = {}
    for pod in context.read(Pod):
        if is_starting(context, pod):
            found.setdefault(pod.namespace, []).append(pod)
    return found


def _is_starting(service: Service | None, pods: Iterable[Pod]) -> bool:
    """Whether one of these pods is behind it."""
    if service is None or not service.spec.selector:
        return False
    wanted = service.spec.selector.items()
    return any(wanted <= pod.labels.items() for pod in pods)


def _finding(
    check: Check,
    context: Context,
    service: tuple[str, str],
    hooks: list[tuple[Configuration, Webhook]],
    written: _Written,
    behind: Service | None,
    *,
    starting: bool,
) -> Finding:
    opt_in = _is_opt_in(context, [webhook for _, webhook in hooks])
    names = ", ".join(dict.fromkeys(webhook.name for _, webhook in hooks))
    state = "does not exist" if behind is None else "has no ready endpoint"
    if starting:
        state += " yet: a pod of it has just started"
    effect = (
        "Pods with the labels that it selects cannot be written; there is none at present."
        if opt_in
        else "Every write that it must see is rejected."
    )
    owners = [owner_of(configuration.metadata) for configuration, _ in hooks]
    return check.finding(
        Severity.WARNING if opt_in or starting else Severity.BLOCKER,
        f"{names}: failurePolicy is Fail, but Service {qualified(*service)} {state}. {effect}",
        objects=[configuration.ref for configuration, _ in hooks],
        owner=next((owner for owner in owners if owner), None),
        fix=f"Bring back what runs behind Service {qualified(*service)}, or remove the webhook if that"
        " software is gone. For the time of the upgrade failurePolicy can be set to Ignore.",
        source="EndpointSlices of the webhook's Service",
        proposals=() if starting else _proposals(hooks, written),
    )


def _proposals(hooks: list[tuple[Configuration, Webhook]], written: _Written) -> Iterator[Proposal]:
    """failurePolicy Ignore for a time. A merge patch replaces a list whole, so it needs the live list."""
    dead = {(configuration.ref, webhook.name) for configuration, webhook in hooks}
    for configuration in {configuration.ref: configuration for configuration, _ in hooks}.values():
        owner = owner_of(configuration.metadata)
        now = written.get((configuration.API.kind, configuration.name))
        if not now or (owner is not None and owner.reverts_changes):
            continue
        lenient = [
            {**each, "failurePolicy": "Ignore"} if (configuration.ref, each.get("name")) in dead else each
            for each in now
        ]
        yield Proposal(
            title=f"Let writes pass that {configuration.API.kind} {configuration.name} does not answer",
            target=configuration.ref,
            resource=configuration.PLURAL,
            patch={"webhooks": lenient},
            undo={"webhooks": now},
            expects={"webhooks": now},
            safe=True,
            temporary=True,
        )


def _as_written(context: Context) -> _Written:
    """The whole lists of webhooks, with the fields that we have no type for."""
    if context.snapshot.meta.portable:
        return {}  # tokens stand for parts of the lists
    return {
        (kind.API.kind, ObjectRef.of(each).name): listed
        for kind in READS
        for each in context.snapshot.objects(kind.group_kind())
        if isinstance(listed := each.get("webhooks"), list) and all(isinstance(one, dict) for one in listed)
    }
