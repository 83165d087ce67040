"""What closes the way back."""

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case, run

from seatrial.cluster.helm_release import ChartName, ReleaseRecord, ReleaseStatus
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.version import Minor

CHECK = "way-back"
POLICY = "admissionregistration.k8s.io/v1"
FILE = f"apiVersion: {POLICY}\nkind: MutatingAdmissionPolicy\nmetadata: {{name: label}}\n"
GROUP = an_object("scheduling.k8s.io/v1beta1", "CompositePodGroup", "train", "shop")


def a_release(api_version: str) -> ReleaseRecord:
    ref = ObjectRef(api_version, "MutatingAdmissionPolicy", "", "label")
    return ReleaseRecord("web", "shop", 1, ReleaseStatus.DEPLOYED, ChartName("web", "1.2.3"), (ref,))


CASES = (
    Case(
        check=CHECK,
        name="a file that only the target serves",
        severities=("warning",),
        snapshot=a_snapshot(version="v1.35.4"),
        files=FILE,
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="a provider that can take it back",
        severities=("info",),
        snapshot=a_snapshot(provider=ProviderState(kind="eks", version="1.36.4")),
    ),
    Case(
        check=CHECK,
        name="objects of a kind that the minor before lacks, on the way back",
        severities=("warning",),
        snapshot=a_snapshot(GROUP, version="v1.37.1"),
        target=Minor(1, 36),
    ),
    Case(
        check=CHECK,
        name="the same after the upgrade",
        severities=("info",),
        snapshot=a_snapshot(GROUP, version="v1.37.1"),
    ),
    Case(
        check=CHECK,
        name="a release in a version that the minor before lacks",
        severities=("warning",),
        snapshot=a_snapshot(version="v1.36.4", releases=[a_release(POLICY)]),
        target=Minor(1, 35),
    ),
    Case(
        check=CHECK,
        name="a release in a version that both have",
        severities=(),
        snapshot=a_snapshot(version="v1.37.1", releases=[a_release(POLICY)]),
        target=Minor(1, 36),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_window_names_its_length_and_what_is_new() -> None:
    (finding,) = run(CASES[1]).findings
    assert "within 7 days" in finding.message
    assert "certificates.k8s.io/v1 ClusterTrustBundle" in finding.message
