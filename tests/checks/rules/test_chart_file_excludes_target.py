"""Charts among the files, by their kubeVersion. The reader puts Chart.yaml there as an object."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case

from seatrial.cluster.version import Minor

CHECK = "chart-file-excludes-target"
CHART = "apiVersion: helm.sh/v2\nkind: Chart\nmetadata: {name: web}\nversion: 1.0.0\n"

CASES = (
    Case(
        check=CHECK,
        name="a chart that ends before the target",
        severities=("blocker",),
        files=CHART + "kubeVersion: '>=1.25.0-0 <1.30.0-0'\n",
        target=Minor(1, 30),
    ),
    Case(
        check=CHECK,
        name="a chart that ends with the target",
        severities=(),
        files=CHART + "kubeVersion: '>=1.25.0-0 <1.31.0-0'\n",
        target=Minor(1, 30),
    ),
    Case(check=CHECK, name="a chart without a kubeVersion", severities=(), files=CHART),
    Case(check=CHECK, name="a snapshot and no files", severities=(), snapshot=a_snapshot()),
)
