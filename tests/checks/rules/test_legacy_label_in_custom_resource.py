"""Selectors in custom resources."""

from typing import Any

from tests.builders import a_node, a_snapshot, an_object
from tests.checks.corpus import Case, run

from seatrial.capture.redact import portable

CHECK = "legacy-label-in-custom-resource"
MASTER = "node-role.kubernetes.io/master"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def _peer(selector: str) -> dict[str, Any]:
    return an_object("crd.projectcalico.org/v1", "BGPPeer", "reflectors", spec={"nodeSelector": selector})


def _cluster(**spec: Any) -> dict[str, Any]:
    return an_object("db.example.org/v1", "PostgresCluster", "orders", "shop", spec=spec)


CASES = (
    Case(
        check=CHECK,
        name="the route reflectors of Calico",
        severities=("warning",),
        snapshot=a_snapshot(a_node(), _peer(f"has({MASTER})")),
    ),
    Case(
        check=CHECK,
        name="a selector, a toleration and an affinity that an operator hands on",
        severities=("warning", "warning"),
        snapshot=a_snapshot(
            a_node(),
            _cluster(nodeSelector={MASTER: ""}),
            _cluster(pod={"tolerations": [{"key": MASTER, "operator": "Exists"}]}),
            _cluster(
                affinity=[{"matchExpressions": [{"key": "beta.kubernetes.io/os", "operator": "Exists"}]}]
            ),
        ),
    ),
    Case(
        check=CHECK,
        name="longer names, new names and labels of the object itself",
        severities=(),
        snapshot=a_snapshot(
            a_node(),
            _peer("has(node-role.kubernetes.io/master-candidate)"),
            _cluster(nodeSelector={"kubernetes.io/os": "linux"}),
            an_object("db.example.org/v1", "PostgresCluster", "b", "shop", labels={MASTER: "x"}, spec={}),
        ),
    ),
    Case(
        check=CHECK,
        name="both names, in a selector and in tolerations",
        severities=(),
        snapshot=a_snapshot(
            a_node(),
            _peer(f"has({MASTER}) || has({CONTROL_PLANE})"),
            _cluster(tolerations=[{"key": MASTER, "operator": "Exists"}, {"key": CONTROL_PLANE}]),
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_text_that_a_portable_snapshot_drops_is_not_called_clean() -> None:
    case = Case(
        check=CHECK, name="", severities=(), snapshot=a_snapshot(a_node(), _cluster(nodeSelector="a == 'b'"))
    )
    assert run(case).incomplete == ()
    assert case.snapshot is not None
    (gap,) = run(case, portable(case.snapshot)).incomplete
    assert gap.what == "node selectors of 1 PostgresCluster.db.example.org"
