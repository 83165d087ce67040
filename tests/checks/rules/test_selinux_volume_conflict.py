"""One volume, two SELinux labels."""

from typing import Any

from tests.builders import a_pod, a_snapshot, an_object
from tests.checks.corpus import Case

from seatrial.cluster.version import Minor

CHECK = "selinux-volume-conflict"


def _storage(*, labels: bool = True, mode: str = "ReadWriteMany") -> list[dict[str, Any]]:
    return [
        an_object("storage.k8s.io/v1", "CSIDriver", "csi.example.org", spec={"seLinuxMount": labels}),
        an_object("v1", "PersistentVolume", "pv-1", spec={"csi": {"driver": "csi.example.org"}}),
        an_object(
            "v1",
            "PersistentVolumeClaim",
            "shared",
            "shop",
            spec={"volumeName": "pv-1", "accessModes": [mode]},
        ),
    ]


def _pod(name: str, level: str = "", *, policy: str = "", claim: str = "shared") -> dict[str, Any]:
    security: dict[str, Any] = {"seLinuxOptions": {"level": level}} if level else {}
    if policy:
        security["seLinuxChangePolicy"] = policy
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    return a_pod(name, owner=("ReplicaSet", name), spec={"securityContext": security, "volumes": volumes})


CASES = (
    Case(
        check=CHECK,
        name="two labels on one claim",
        severities=("warning",),
        snapshot=a_snapshot(*_storage(), _pod("a", "s0:c1,c2"), _pod("b", "s0:c8,c9")),
    ),
    Case(
        check=CHECK,
        name="a label beside none",
        severities=("warning",),
        snapshot=a_snapshot(*_storage(), _pod("a", "s0:c1,c2"), _pod("b")),
    ),
    Case(
        check=CHECK,
        name="a pod that asks for relabelling beside one that does not",
        severities=("warning",),
        snapshot=a_snapshot(*_storage(), _pod("a", "s0:c1"), _pod("b", "s0:c1", policy="Recursive")),
    ),
    Case(
        check=CHECK,
        name="the same label, no labels, and other claims",
        severities=(),
        snapshot=a_snapshot(
            *_storage(),
            _pod("a", "s0:c1"),
            _pod("b", "s0:c1"),
            _pod("c", "s0:c2", claim="own"),
            _pod("d", claim="x"),
        ),
    ),
    Case(
        check=CHECK,
        name="all pods ask for relabelling",
        severities=(),
        snapshot=a_snapshot(
            *_storage(), _pod("a", "s0:c1", policy="Recursive"), _pod("b", "s0:c8", policy="Recursive")
        ),
    ),
    Case(
        check=CHECK,
        name="a driver that knows no labels",
        severities=(),
        snapshot=a_snapshot(*_storage(labels=False), _pod("a", "s0:c1"), _pod("b", "s0:c8")),
    ),
    Case(
        check=CHECK,
        name="a target that still relabels",
        severities=(),
        snapshot=a_snapshot(*_storage(), _pod("a", "s0:c1"), _pod("b", "s0:c8"), version="v1.35.2"),
        target=Minor(1, 36),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)
