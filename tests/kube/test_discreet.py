from __future__ import annotations

import pytest

from seatrial.kube.access import ClusterAccess, ExecSpec, Token
from seatrial.kube.config import Kubeconfig
from seatrial.kube.consent import Wish
from seatrial.kube.credentials import Presented
from seatrial.kube.discreet import Discreet
from seatrial.kube.session import Answer, Call
from seatrial.wiring.reaching import Reach

CANARY = "canary-8f14e45fceea167a"


def test_hidden_fields_are_in_neither_repr() -> None:
    access = ClusterAccess("prod", "https://10.0.0.1", login=Token(CANARY), proxy_url=f"http://{CANARY}@p")
    assert repr(access).startswith(
        "ClusterAccess(name='prod', server='https://10.0.0.1', namespace='default'"
    )
    assert CANARY not in repr(access)
    assert "login=Token()" in repr(access)
    assert CANARY not in str(dict(access.__rich_repr__()))


@pytest.mark.parametrize("kind", [ClusterAccess, ExecSpec, Kubeconfig, Wish, Presented, Call, Answer, Reach])
def test_every_value_that_may_hold_a_secret_is_discreet(kind: type) -> None:
    assert issubclass(kind, Discreet)
    assert kind.HIDDEN


def test_what_is_hidden_exists() -> None:
    kinds = Discreet.__subclasses__()
    assert {each.__name__: each.HIDDEN - set(each.__struct_fields__) for each in kinds} == {
        each.__name__: frozenset() for each in kinds
    }
