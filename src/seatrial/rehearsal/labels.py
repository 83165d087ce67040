"""Says of each kind of step how a rehearsal knows its outcome: exercised, modelled or not modelled."""

from __future__ import annotations

from typing import assert_never

from seatrial.plan import (
    ApplyCrds,
    ApplyFix,
    AwaitNodes,
    HoldAutoscaler,
    Ownership,
    Preflight,
    ReleaseAutoscaler,
    RevertFix,
    RollBackChart,
    Step,
    UpgradeChart,
    UpgradeControlPlane,
    UpgradeNodeGroup,
    VerifyCluster,
    VerifyNodeGroup,
    WaitForChart,
)
from seatrial.rehearsal.report import Label


def label_of(step: Step, missing_releases: frozenset[tuple[str, str]]) -> tuple[Label, str]:
    """The label and the reason; `missing_releases` are (namespace, name) that the twin does not hold."""
    if step.ownership is not Ownership.DIRECT:
        owner = step.owner or "its owner"
        return Label.NOT_MODELLED, f"{owner} makes this change: it was made at once here, when is not known."
    match step.action:
        case Preflight():
            return Label.EXERCISED, "read from the twin's API."
        case ApplyFix() | RevertFix():
            return Label.EXERCISED, "the patch was sent to the twin's API."
        case HoldAutoscaler() | ReleaseAutoscaler():
            return Label.EXERCISED, "scaled through the twin's API; how its pods stop is modelled."
        case ApplyCrds():
            return Label.EXERCISED, "applied to the twin's API, which judged the definitions."
        case (
            UpgradeChart(namespace=namespace, release=release)
            | RollBackChart(namespace=namespace, release=release)
        ):
            if (namespace, release) in missing_releases:
                return Label.NOT_MODELLED, _MISSING
            return Label.EXERCISED, "Helm itself ran against the twin's API; Jobs of hooks are modelled."
        case WaitForChart(namespace=namespace, release=release):
            if (namespace, release) in missing_releases:
                return Label.NOT_MODELLED, _MISSING
            return (
                Label.MODELLED,
                "pods become ready after a time; whether the programs in them work is unknown.",
            )
        case UpgradeControlPlane():
            return Label.MODELLED, "its duration is a model; what the API then serves was exercised."
        case UpgradeNodeGroup():
            return (
                Label.MODELLED,
                "machines boot after a modelled time; evictions, budgets and scheduling were exercised.",
            )
        case VerifyNodeGroup():
            return Label.MODELLED, "nodes become Ready after a modelled time."
        case AwaitNodes():
            return Label.NOT_MODELLED, "whoever makes these nodes is not on the twin."
        case VerifyCluster():
            return Label.MODELLED, "readiness as modelled, against the baseline that was read."
        case action:
            assert_never(action)


_MISSING = (
    "the snapshot does not hold the release's manifest, and its installed version could not be rendered."
)
