"""No check raises an alarm about a cluster that is in order."""

from collections.abc import Callable

import pytest
from tests.checks.well_kept import Flavour, aks, eks, gke, well_kept

from seatrial.capture.redact import portable
from seatrial.checks.run import check_snapshot
from seatrial.cluster.findings import Severity
from seatrial.cluster.version import Minor


@pytest.mark.parametrize("flavour", [eks, gke, aks])
@pytest.mark.parametrize("carried", [False, True], ids=["live", "portable"])
def test_a_well_kept_cluster_raises_no_alarm(flavour: Callable[[], Flavour], carried: bool) -> None:
    snapshot = well_kept(flavour())
    report = check_snapshot(portable(snapshot) if carried else snapshot, Minor(1, 36))
    alarms = [each for each in report.findings if each.severity is not Severity.INFO]
    assert alarms == []
    assert report.incomplete == ()
