"""What a rehearsal predicted of one plan: per step whether it fails, why, and how long it takes.

Small and free of the cluster's objects, so that it can be kept for years beside the journals of what
then happened.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.errors import BadFormat, NewerFormat
from seatrial.plan import (
    Action,
    DurationRange,
    Plan,
    PlannedFinding,
    RollBackChart,
    UpgradeChart,
    WaitForChart,
)

PREDICTION_FORMAT = 1
BLOCKER = "blocker"
"""The severity of findings that must be settled before a plan may be applied."""
MAX_REASON = 500  # characters; more of a message helps nobody


class Forecast(StrEnum):
    """What is predicted of one step."""

    FINE = "fine"
    FAILS = "fails"
    NOTHING = "nothing"
    """Not reached, or only needed after a failure: nothing is said of it."""


class _Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class PredictedStep(_Value, frozen=True, kw_only=True):
    id: str
    kind: str
    """The action's name, such as "UpgradeNodeGroup"."""
    forecast: Forecast
    chart: str = ""
    known: bool = True
    """False where the rehearsal itself said "not modelled"."""
    reason: str = ""
    risks: tuple[str, ...] = ()
    """What could make it fail though it did not on the twin."""
    seconds: float | None = None
    range: DurationRange | None = None
    """Printed with the prediction, where a source gave one."""


class Prediction(_Value, frozen=True, kw_only=True):
    format: int = PREDICTION_FORMAT
    made_at: datetime
    cluster: str
    cluster_uid: str
    provider: str
    from_version: str
    to_version: str
    plan_digest: str
    content: str
    """As `content_of` says: equal for plans that do the same to the same cluster."""
    steps: tuple[PredictedStep, ...]
    findings: tuple[PlannedFinding, ...] = ()

    @property
    def fails_at(self) -> PredictedStep | None:
        """The first step that is predicted to fail."""
        return next((step for step in self.steps if step.forecast is Forecast.FAILS), None)

    def step(self, step_id: str) -> PredictedStep | None:
        return next((step for step in self.steps if step.id == step_id), None)


def content_of(plan: Plan) -> str:
    """A digest of what the plan does and relies on, leaving out who made it, when, and its words.

    `rehearse` plans for itself, and `plan` again for `apply`: their digests differ, this does not.
    """
    essence = {
        "cluster": plan.cluster_uid,
        "from": plan.from_version,
        "to": plan.to_version,
        "steps": [(step.id, step.action, step.after, step.ownership, step.facts) for step in plan.steps],
    }
    return hashlib.sha256(msgspec.json.encode(essence, order="sorted")).hexdigest()


def chart_of(action: Action) -> str:
    """The component that a step is about; empty for steps that are not about a chart."""
    match action:
        case UpgradeChart(component=name) | WaitForChart(component=name) | RollBackChart(component=name):
            return name
        case _:
            return ""


def write_prediction(prediction: Prediction) -> bytes:
    return msgspec.json.encode(prediction)


def read_prediction(document: bytes, *, where: str = "") -> Prediction:
    """Raise `NewerFormat` or `BadFormat`."""
    try:
        found = msgspec.json.decode(document, type=_Head).format
        if found > PREDICTION_FORMAT:
            raise NewerFormat("prediction", found, PREDICTION_FORMAT, where=where)
        return msgspec.json.decode(document, type=Prediction)
    except msgspec.MsgspecError as error:
        raise BadFormat(f"a stored prediction cannot be read ({error}).", where=where) from error


class _Head(msgspec.Struct):
    format: int
