"""What a rehearsal of this cluster cannot know: found in its snapshot, said before anybody relies on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seatrial.cluster.models import (
    APIService,
    CustomResourceDefinition,
    MutatingWebhookConfiguration,
    ValidatingWebhookConfiguration,
)
from seatrial.cluster.objects import GroupKind
from seatrial.cluster.snapshot import Snapshot, UnreadReason
from seatrial.rehearsal.report import NotModelled

_SCALER = GroupKind("autoscaling", "HorizontalPodAutoscaler")


def limits_of(snapshot: Snapshot) -> Iterator[NotModelled]:
    """Everything in the snapshot whose behaviour needs a process that the twin does not run."""
    yield from _unread(snapshot)
    yield from _webhooks(snapshot)
    yield from _aggregated_apis(snapshot)
    yield from _custom_resources(snapshot)
    yield from _conversions(snapshot)
    yield from _scalers(snapshot)


def _unread(snapshot: Snapshot) -> Iterator[NotModelled]:
    for each in snapshot.unread:
        if each.reason is UnreadReason.NOT_SERVED:
            continue
        where = f"{each.gvr} in namespace {each.namespace}" if each.namespace else str(each.gvr)
        yield NotModelled(where, f"the snapshot could not read it ({each.reason.value}).")


def _webhooks(snapshot: Snapshot) -> Iterator[NotModelled]:
    kinds = (ValidatingWebhookConfiguration, MutatingWebhookConfiguration)
    for kind in kinds:
        for found in snapshot.read(kind):
            yield NotModelled(
                f"{kind.API.kind}/{found.name}",
                "admission webhooks are not called on the twin: what they refuse or change is not seen.",
            )


def _aggregated_apis(snapshot: Snapshot) -> Iterator[NotModelled]:
    for found in snapshot.read(APIService):
        if found.spec.service is not None:
            yield NotModelled(
                f"APIService/{found.name}",
                "it is answered by a process in the cluster, which the twin lacks.",
            )


def _custom_resources(snapshot: Snapshot) -> Iterator[NotModelled]:
    counts: Counter[str] = Counter()
    groups = {
        name.partition(".")[2] for name in (each.name for each in snapshot.read(CustomResourceDefinition))
    }
    for listed in snapshot.resources:
        if listed.gvr.group in groups and listed.items:
            counts[listed.gvr.group] += len(listed.items)
    for group, count in sorted(counts.items()):
        yield NotModelled(
            f"custom resources of {group}",
            f"{count} objects are on the twin, their controllers are not: nothing acts on them.",
        )


def _conversions(snapshot: Snapshot) -> Iterator[NotModelled]:
    for found in snapshot.read(CustomResourceDefinition):
        if found.spec.conversion.strategy == "Webhook":
            yield NotModelled(
                f"CustomResourceDefinition/{found.name}",
                "a webhook converts between its versions, which nobody calls on the twin.",
            )


def _scalers(snapshot: Snapshot) -> Iterator[NotModelled]:
    scalers = sum(len(listed.items) for listed in snapshot.lists_of(_SCALER))
    if scalers:
        yield NotModelled(
            f"{scalers} HorizontalPodAutoscalers",
            "nothing measures load on the twin: replica counts stay as captured.",
        )
