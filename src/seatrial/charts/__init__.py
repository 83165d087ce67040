"""Charts and releases: what a chart is, what Helm recorded, and Helm itself as a subprocess."""

from seatrial.charts.cluster_charts import ClusterCharts
from seatrial.charts.crds import apply_crds, crds_in_manifest, vanishing_versions
from seatrial.charts.handed_values import Values
from seatrial.charts.helm_binary import HelmBinary, find_helm
from seatrial.charts.helm_client import Applied, HelmClient, ListedRelease, ListedRevision
from seatrial.charts.observe import observe_release, watched
from seatrial.charts.read_chart import read_chart, read_crds
from seatrial.charts.readiness import NotReady, readiness
from seatrial.charts.releases import list_release_records, release_records
from seatrial.charts.values_files import read_values, values_digest

__all__ = [
    "Applied",
    "ClusterCharts",
    "HelmBinary",
    "HelmClient",
    "ListedRelease",
    "ListedRevision",
    "NotReady",
    "Values",
    "apply_crds",
    "crds_in_manifest",
    "find_helm",
    "list_release_records",
    "observe_release",
    "read_chart",
    "read_crds",
    "read_values",
    "readiness",
    "release_records",
    "values_digest",
    "vanishing_versions",
    "watched",
]
