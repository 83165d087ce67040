"""One cluster's upgrade carried out: decide, perform, journal, until nothing is left to do."""

from seatrial.cluster_runs.cluster_run import ClusterRun, begin_run, read_journal
from seatrial.cluster_runs.performing import Performer, StepContext, StepResult

__all__ = ["ClusterRun", "Performer", "StepContext", "StepResult", "begin_run", "read_journal"]
