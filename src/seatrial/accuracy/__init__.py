"""What was predicted of an upgrade against what then happened: misses, false alarms, errors of durations."""

from seatrial.accuracy.outcome import End, HappenedStep, Outcome, outcome_of
from seatrial.accuracy.prediction import (
    PREDICTION_FORMAT,
    Forecast,
    PredictedStep,
    Prediction,
    chart_of,
    content_of,
    read_prediction,
    write_prediction,
)
from seatrial.accuracy.reasons import same_reason
from seatrial.accuracy.score import Score, Unpaired, score
from seatrial.accuracy.tallies import CheckTally, Durations, Group, Pair, Verdict

__all__ = [
    "PREDICTION_FORMAT",
    "CheckTally",
    "Durations",
    "End",
    "Forecast",
    "Group",
    "HappenedStep",
    "Outcome",
    "Pair",
    "PredictedStep",
    "Prediction",
    "Score",
    "Unpaired",
    "Verdict",
    "chart_of",
    "content_of",
    "outcome_of",
    "read_prediction",
    "same_reason",
    "score",
    "write_prediction",
]
