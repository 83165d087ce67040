"""What a Deployment's status says of its ReplicaSets: counts, Available, Progressing and its deadline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.plane import Plane
from seatrial.simulator.controllers.pods import condition, with_condition, without_condition
from seatrial.simulator.controllers.replicasets import replicas_of
from seatrial.simulator.controllers.rolling import Limits

_NO_DEADLINE = 2**31 - 1  # what the API stores for "none"
_DEFAULT_DEADLINE = 600


def deployment_status(
    deployment: Obj, new: Obj | None, olds: Sequence[Obj], limit: Limits, plane: Plane
) -> dict[str, Any]:
    every = [*olds, *([new] if new else [])]
    counts = {
        "replicas": _sum(every, "replicas"),
        "updatedReplicas": _sum([new] if new else [], "replicas"),
        "readyReplicas": _sum(every, "readyReplicas"),
        "availableReplicas": _sum(every, "availableReplicas"),
    }
    missing = max(0, sum(replicas_of(s) for s in every) - counts["availableReplicas"])
    status: dict[str, Any] = {
        "observedGeneration": deployment["metadata"].get("generation"),
        **{name: count or None for name, count in counts.items()},
        "unavailableReplicas": missing or None,
    }
    collisions = (deployment.get("status") or {}).get("collisionCount")
    if collisions:
        status["collisionCount"] = collisions
    conditions = list((deployment.get("status") or {}).get("conditions") or ())
    conditions = _available(conditions, counts["availableReplicas"] >= limit.at_least, plane)
    conditions = _progressing(conditions, deployment, new, counts, plane)
    conditions = _failing(conditions, every, plane)
    status["conditions"] = conditions
    return status


def is_complete(deployment: Obj) -> bool:
    """Every replica is of the current template and available (as of the stored status)."""
    status = deployment.get("status") or {}
    return _all_new_and_available(deployment, status) and int(status.get("observedGeneration") or 0) >= int(
        deployment["metadata"].get("generation") or 0
    )


def seconds_to_deadline(deployment: Obj, status: Mapping[str, Any], plane: Plane) -> float | None:
    """Until progressDeadlineSeconds strikes; None when nothing is in progress."""
    deadline = _deadline(deployment)
    progressing = condition({"status": status}, "Progressing")
    if deadline is None or progressing is None or deployment["spec"].get("paused"):
        return None
    if progressing.get("reason") in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded"):
        return None
    return max(0.0, deadline - plane.age(progressing.get("lastUpdateTime"))) + 1.0


def _available(conditions: list[dict[str, Any]], enough: bool, plane: Plane) -> list[dict[str, Any]]:
    if enough:
        state, reason = "True", "MinimumReplicasAvailable"
        message = "Deployment has minimum availability."
    else:
        state, reason = "False", "MinimumReplicasUnavailable"
        message = "Deployment does not have minimum availability."
    changed = _state(conditions, "Available") != state
    return with_condition(conditions, "Available", state, plane.now(), reason, message, touch=changed)


def _progressing(
    conditions: list[dict[str, Any]],
    deployment: Obj,
    new: Obj | None,
    counts: Mapping[str, int],
    plane: Plane,
) -> list[dict[str, Any]]:
    deadline = _deadline(deployment)
    if deadline is None:
        return without_condition(conditions, "Progressing")
    known = condition({"status": {"conditions": conditions}}, "Progressing")
    quoted = f'"{(new or deployment)["metadata"]["name"]}"'
    name = f"{'ReplicaSet' if new else 'Deployment'} {quoted}"

    def say(state: str, reason: str, message: str, *, touch: bool = True) -> list[dict[str, Any]]:
        return with_condition(conditions, "Progressing", state, plane.now(), reason, message, touch=touch)

    if deployment["spec"].get("paused"):
        if known and known.get("reason") == "DeploymentPaused":
            return conditions
        return say("Unknown", "DeploymentPaused", "Deployment is paused")
    before = deployment.get("status") or {}
    if _all_new_and_available(deployment, counts):
        if known and known.get("reason") == "NewReplicaSetAvailable" and _is_observed(deployment):
            return conditions
        return say("True", "NewReplicaSetAvailable", f"{name} has successfully progressed.")
    if known is None:
        return say("True", "NewReplicaSetCreated", f"Created new replica set {quoted}")
    if known.get("reason") == "DeploymentPaused":
        return say("Unknown", "DeploymentResumed", "Deployment is resumed")
    was_complete = known.get("reason") == "NewReplicaSetAvailable"
    if was_complete and counts["replicas"] == counts["updatedReplicas"]:
        return conditions  # scaled, or pods were lost: not a rollout, so no deadline
    if new is not None and quoted not in str(known.get("message")):
        return say("True", "NewReplicaSetCreated", f"Created new replica set {quoted}")
    if _progressed(before, counts):
        return say("True", "ReplicaSetUpdated", f"{name} is progressing.")
    overdue = plane.age(known.get("lastUpdateTime")) > deadline
    if overdue and known.get("reason") != "ProgressDeadlineExceeded":
        return say("False", "ProgressDeadlineExceeded", f"{name} has timed out progressing.")
    return conditions


def _progressed(before: Mapping[str, Any], counts: Mapping[str, int]) -> bool:
    was = {name: int(before.get(name) or 0) for name in counts}
    old_before, old_now = (c["replicas"] - c["updatedReplicas"] for c in (was, counts))
    return (
        counts["updatedReplicas"] > was["updatedReplicas"]
        or old_now < old_before
        or counts["readyReplicas"] > was["readyReplicas"]
        or counts["availableReplicas"] > was["availableReplicas"]
    )


def _failing(conditions: list[dict[str, Any]], sets: Sequence[Obj], plane: Plane) -> list[dict[str, Any]]:
    """A refused pod of any ReplicaSet shows on the Deployment too."""
    failure = next((c for s in reversed(sets) if (c := condition(s, "ReplicaFailure"))), None)
    if failure is None:
        return without_condition(conditions, "ReplicaFailure")
    return with_condition(
        conditions,
        "ReplicaFailure",
        "True",
        plane.now(),
        str(failure.get("reason")),
        str(failure.get("message")),
        touch=_state(conditions, "ReplicaFailure") != "True",
    )


def _all_new_and_available(deployment: Obj, counts: Mapping[str, Any]) -> bool:
    wanted = replicas_of(deployment)
    return all(
        int(counts.get(name) or 0) == wanted for name in ("replicas", "updatedReplicas", "availableReplicas")
    )


def _is_observed(deployment: Obj) -> bool:
    seen = int((deployment.get("status") or {}).get("observedGeneration") or 0)
    return seen >= int(deployment["metadata"].get("generation") or 0)


def _deadline(deployment: Obj) -> int | None:
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    seconds = _DEFAULT_DEADLINE if seconds is None else int(seconds)
    return None if seconds >= _NO_DEADLINE else seconds


def _sum(sets: Sequence[Obj], field: str) -> int:
    return sum(int((s.get("status") or {}).get(field) or 0) for s in sets)


def _state(conditions: Sequence[Mapping[str, Any]], kind: str) -> str:
    return str(next((c.get("status") for c in conditions if c.get("type") == kind), ""))
