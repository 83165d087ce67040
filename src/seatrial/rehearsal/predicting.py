"""What a rehearsal's report predicts, in the small form that is kept and compared with what happens."""

from __future__ import annotations

from datetime import datetime

from seatrial.accuracy import Forecast, PredictedStep, Prediction, chart_of, content_of
from seatrial.accuracy.prediction import MAX_REASON
from seatrial.plan import Plan
from seatrial.rehearsal.report import Label, RehearsalReport, StepOutcome, StepReport

_FORECASTS = {
    StepOutcome.SUCCEEDED: Forecast.FINE,
    StepOutcome.ALREADY_DONE: Forecast.FINE,
    StepOutcome.FAILED: Forecast.FAILS,
    StepOutcome.NOT_REACHED: Forecast.NOTHING,
    StepOutcome.NOT_NEEDED: Forecast.NOTHING,
}


def prediction_of(report: RehearsalReport, plan: Plan, *, at: datetime) -> Prediction:
    """`at` is the time of the rehearsal by the clock of the journals, not the simulation's."""
    return Prediction(
        made_at=at,
        cluster=plan.cluster,
        cluster_uid=plan.cluster_uid,
        provider=plan.provider,
        from_version=plan.from_version,
        to_version=plan.to_version,
        plan_digest=report.plan_digest,
        content=content_of(plan),
        steps=tuple(_step(each, plan) for each in report.steps),
        findings=plan.findings,
    )


def _step(report: StepReport, plan: Plan) -> PredictedStep:
    did_something = report.outcome is StepOutcome.SUCCEEDED
    return PredictedStep(
        id=report.id,
        kind=report.action,
        forecast=_FORECASTS[report.outcome],
        chart=chart_of(plan.step(report.id).action),
        known=report.label is not Label.NOT_MODELLED,
        reason=report.detail[:MAX_REASON] if report.outcome is StepOutcome.FAILED else "",
        risks=report.risks,
        seconds=report.simulated_seconds if did_something else None,
        range=report.expected,
    )
