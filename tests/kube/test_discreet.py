from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.kube.access import ClusterAccess, ExecSpec, Token
from seatrial.kube.config import Kubeconfig
from seatrial.kube.consent import Wish
from seatrial.kube.credentials import Presented
from seatrial.kube.discreet import Discreet
from seatrial.kube.kubeconfig_file import read_kubeconfig_file
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


KUBECONFIG = f"""
clusters:
- name: c
  cluster: {{server: https://10.0.0.1, proxy-url: "http://u:{CANARY}@proxy"}}
users:
- name: u
  user:
    token: {CANARY}
    password: {CANARY}
    client-certificate-data: {CANARY}
    client-key-data: {CANARY}
    exec: {{command: aws, args: [{CANARY}], env: [{{name: A, value: {CANARY}}}]}}
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
"""


def test_what_a_kubeconfig_holds_is_in_no_text_made_of_it(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(KUBECONFIG)
    read = read_kubeconfig_file(file)
    assert read.users["u"].token == CANARY
    try:
        raise ValueError(read)
    except ValueError as error:
        texts = (
            repr(read),
            f"{read}",
            repr(read.users["u"].exec),
            "".join(traceback.format_exception(error)),
        )
    assert [CANARY in each for each in texts] == [False] * 4
    assert "aws" in texts[0]


def _heirs(kind: type[Discreet]) -> Iterator[type[Discreet]]:
    for each in kind.__subclasses__():
        yield each
        yield from _heirs(each)


def test_what_is_hidden_exists() -> None:
    kinds = list(_heirs(Discreet))
    assert {each.__name__: each.HIDDEN - set(each.__struct_fields__) for each in kinds} == {
        each.__name__: frozenset() for each in kinds
    }
