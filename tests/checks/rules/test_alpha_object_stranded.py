"""Objects stored in alpha versions."""

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case
from tests.checks.reports import report

from seatrial.cluster.version import Minor

CHECK = "alpha-object-stranded"
WORKLOAD = an_object("scheduling.k8s.io/v1alpha2", "Workload", "train", "shop")
BUNDLE = an_object("certificates.k8s.io/v1beta1", "ClusterTrustBundle", "roots")
CONTEXT = an_object("resource.k8s.io/v1alpha3", "PodSchedulingContext", "pod-1", "shop")
CASES = (
    Case(
        check=CHECK,
        name="a kind of which the target reads only other versions",
        severities=("blocker",),
        snapshot=a_snapshot(WORKLOAD),
    ),
    Case(
        check=CHECK,
        name="a kind whose beta stays while its alpha goes",
        severities=("warning",),
        snapshot=a_snapshot(BUNDLE),
    ),
    Case(
        check=CHECK,
        name="a kind that is gone for good",
        severities=("warning",),
        snapshot=a_snapshot(CONTEXT, version="v1.31.9"),
        target=Minor(1, 32),
    ),
    Case(
        check=CHECK,
        name="a beta that goes, which is converted",
        severities=(),
        snapshot=a_snapshot(an_object("networking.k8s.io/v1", "IPAddress", "10.0.0.1")),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_finding_names_the_objects_and_what_the_target_reads() -> None:
    (finding,) = report(CHECK, a_snapshot(WORKLOAD)).findings
    assert [str(each) for each in finding.objects] == ["shop/workload/train"]
    assert "scheduling.k8s.io/v1alpha3 or scheduling.k8s.io/v1beta1" in finding.message
