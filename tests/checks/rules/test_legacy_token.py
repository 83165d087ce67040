"""Tokens that never expire, and those that are refused already."""

from tests.builders import a_snapshot, an_object
from tests.checks.corpus import Case

from seatrial.cluster.objects import Obj

CHECK = "legacy-token"
USED, INVALID = "kubernetes.io/legacy-token-last-used", "kubernetes.io/legacy-token-invalid-since"


def a_token(
    name: str = "robot-token", type: str = "kubernetes.io/service-account-token", **labels: str
) -> Obj:
    return an_object("v1", "Secret", name, "ci", labels=labels, type=type)


def a_case(name: str, expected: tuple[str, ...], *secrets: Obj) -> Case:
    return Case(check=CHECK, name=name, severities=expected, snapshot=a_snapshot(*secrets))


CASES = (
    a_case(
        "two tokens that are refused",
        ("warning",),
        a_token(**{USED: "2024-11-01", INVALID: "2025-11-02"}),
        a_token("other", **{INVALID: "2026-01-01"}),
    ),
    a_case("a token that nobody has used for eleven months", ("warning",), a_token(**{USED: "2025-12-20"})),
    a_case("a token that was used yesterday", ("info",), a_token(**{USED: "2026-11-20"})),
    a_case("a token that was never used", (), a_token()),
    a_case("a label that is no day", (), a_token(**{USED: "soon"})),
    a_case("another secret with such a label", (), a_token(type="Opaque", **{USED: "2026-11-20"})),
    a_case("a cluster without secrets", ()),
)
