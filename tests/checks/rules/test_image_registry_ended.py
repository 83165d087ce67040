"""Images from registries that ended."""

import pytest
from tests.builders import a_snapshot
from tests.checks.corpus import Case
from tests.checks.workloads import a_workload

from seatrial.checks.images import Image, parse_image

CHECK = "image-registry-ended"


def _with(*images: str) -> list[dict[str, object]]:
    return [a_workload(f"app-{number}", image=image) for number, image in enumerate(images)]


CASES = (
    Case(
        check=CHECK,
        name="images of a frozen registry",
        severities=("info",),
        snapshot=a_snapshot(*_with("k8s.gcr.io/pause:3.2", "k8s.gcr.io/dns/k8s-dns-node-cache:1.22")),
    ),
    Case(
        check=CHECK,
        name="an image that was deleted and one whose tags moved",
        severities=("warning", "warning"),
        snapshot=a_snapshot(*_with("gcr.io/kubebuilder/kube-rbac-proxy:v0.8.0", "bitnami/redis:7.2.4")),
    ),
    Case(
        check=CHECK,
        name="images of the same name in places that live",
        severities=(),
        snapshot=a_snapshot(
            *_with(
                "registry.k8s.io/pause:3.10",
                "bitnami/redis:latest",
                "mirror.example.org/k8s.gcr.io/pause:3.2",
                "bitnamilegacy/redis:7.2.4",
            )
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest",
        severities=("info",),
        files="""
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: main, image: k8s.gcr.io/pause:3.2}]}
""",
    ),
)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("nginx", Image("docker.io", "library/nginx", "")),
        ("nginx:1.27", Image("docker.io", "library/nginx", "1.27")),
        ("bitnami/redis@sha256:0123", Image("docker.io", "bitnami/redis", "")),
        ("registry.example.org:5000/a/b:v1@sha256:0123", Image("registry.example.org:5000", "a/b", "v1")),
        ("localhost/app", Image("localhost", "app", "")),
    ],
)
def test_image_is_read_as_runtimes_read_it(text: str, image: Image) -> None:
    assert parse_image(text) == image
