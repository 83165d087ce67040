"""The real upgrade plan, run unchanged on a simulated twin of the cluster: what would fail, and how long."""

from seatrial.rehearsal.report import REHEARSAL_FORMAT, Label, RehearsalReport, StepReport
from seatrial.rehearsal.run import MakePerformer, RehearsalTools, rehearse
from seatrial.rehearsal.twin import Twin, make_twin

__all__ = [
    "REHEARSAL_FORMAT",
    "Label",
    "MakePerformer",
    "RehearsalReport",
    "RehearsalTools",
    "StepReport",
    "Twin",
    "make_twin",
    "rehearse",
]
