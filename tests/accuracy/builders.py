"""Predictions and outcomes of small plans, built as rehearsals and journals would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from tests.plan.builders import T0, chart, node_group, plan, step

from seatrial.accuracy import (
    Forecast,
    Outcome,
    PredictedStep,
    Prediction,
    chart_of,
    content_of,
    outcome_of,
)
from seatrial.plan import (
    Event,
    Plan,
    PlannedFinding,
    Preflight,
    RunFinished,
    RunStarted,
    StepFinished,
    StepIntended,
    UpgradeControlPlane,
    VerifyCluster,
    digest,
)
from seatrial.plan import Outcome as StepOutcome

NODES = "node-group/default/upgrade"
BLOCKED = (
    "eviction of pod shop/web-7d4b9c6f5-x2x4z is refused: The disruption budget web needs 1 healthy pods"
)


def an_upgrade(**changes: Any) -> Plan:
    return plan(
        step("preflight", Preflight()),
        *chart("ingress", "preflight"),
        step(
            "control-plane",
            UpgradeControlPlane(from_version="1.33.4", to_version="1.34.2"),
            "chart/ingress/wait",
        ),
        *node_group("default", "control-plane"),
        step("verify", VerifyCluster(), "node-group/default/verify"),
        **{"provider": "eks", **changes},
    )


def predicted(
    of: Plan,
    *,
    fails: str = "",
    reason: str = BLOCKED,
    seconds: float | None = 60.0,
    unknown: tuple[str, ...] = (),
    risks: Mapping[str, tuple[str, ...]] = {},
    at: datetime = T0,
) -> Prediction:
    steps = []
    forecast = Forecast.FINE
    for each in of.steps:
        if forecast is Forecast.FAILS:
            forecast = Forecast.NOTHING
        elif each.id == fails:
            forecast = Forecast.FAILS
        wanted = Forecast.NOTHING if each.always else forecast
        steps.append(
            PredictedStep(
                id=each.id,
                kind=type(each.action).__name__,
                forecast=wanted,
                chart=chart_of(each.action),
                known=each.id not in unknown,
                reason=reason if wanted is Forecast.FAILS else "",
                risks=risks.get(each.id, ()),
                seconds=seconds if wanted is Forecast.FINE else None,
                range=each.duration,
            )
        )
    return Prediction(
        made_at=at,
        cluster=of.cluster,
        cluster_uid=of.cluster_uid,
        provider=of.provider,
        from_version=of.from_version,
        to_version=of.to_version,
        plan_digest=digest(of),
        content=content_of(of),
        steps=tuple(steps),
        findings=of.findings,
    )


def journal(
    of: Plan, *, fails: str = "", reason: str = BLOCKED, seconds: float = 60.0, at: datetime = T0
) -> list[Event]:
    """Step after step, each `seconds` long, to the end or to the first failure."""
    events: list[Event] = [RunStarted(at=at, plan_digest=digest(of), by="ann")]
    for each in (each for each in of.steps if not each.always):
        outcome = StepOutcome.FAILED if each.id == fails else StepOutcome.SUCCEEDED
        events.append(StepIntended(at=at, step=each.id, attempt=1))
        at += timedelta(seconds=seconds)
        detail = reason if each.id == fails else ""
        events.append(StepFinished(at=at, step=each.id, attempt=1, outcome=outcome, detail=detail))
        if each.id == fails:
            return events
    return [*events, RunFinished(at=at, succeeded=True)]


def happened(of: Plan, run_id: str = "run-1", *, at: datetime = T0, **how: Any) -> Outcome:
    found = outcome_of(run_id, of, journal(of, at=at + timedelta(hours=1), **how))
    assert found is not None
    return found


def with_findings(of: Plan, *findings: tuple[str, str]) -> Plan:
    found = tuple(
        PlannedFinding(check=check, severity=severity, message="it is so") for check, severity in findings
    )
    return msgspec.structs.replace(of, findings=found)
