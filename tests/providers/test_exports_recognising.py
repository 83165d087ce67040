"""What a file is, is seen by its shape; what it is not, is said once, without a word of it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.exported import (
    ALL,
    CANARY,
    aks_pool,
    altered,
    eks_cluster,
    eks_insight,
    gke_insight,
    raw,
)

from seatrial.errors import BadInput
from seatrial.providers.exports import COMMANDS, read_exports


def refused(content: bytes) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_exports(content, "file.json")
    assert caught.value.where == "file.json"
    assert CANARY not in str(caught.value)
    return caught.value


def test_every_command_has_a_document_here() -> None:
    assert len(ALL) == len(COMMANDS)


@pytest.mark.parametrize("document", ALL)
def test_nothing_of_what_may_be_secret_is_kept(document: Any) -> None:
    assert (
        CANARY in json.dumps(document)
        or "clusterVersions" in document
        or "validMasterVersions" in (document)
        or "controlPlaneProfile" in document
    )
    assert CANARY not in str(msgspec.to_builtins(read_exports(raw(document), "file")))


def test_documents_may_follow_each_other_as_a_loop_prints_them() -> None:
    content = raw(eks_insight()) + b"\n" + raw(eks_cluster()) + raw(eks_insight(minor="1.38"))
    assert [each.before for each in read_exports(content, "file")] == ["1.37", "", "1.38"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])  # the last is PowerShell's >
def test_files_are_read_as_shells_write_them(encoding: str) -> None:
    content = raw(eks_cluster()).decode().replace("\n", "\r\n").encode(encoding)
    (facts,) = read_exports(content, "file")
    assert facts.clusters == ("harbour",)


@pytest.mark.parametrize(
    "content",
    [
        b"name: harbour\ncurrentMasterVersion: 1.36\n",  # gcloud without --format=json
        b"<html>log in</html>",
        b"\x00\xff\xfe" * 40,
        raw(eks_insight())[:-40],
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_is_said_to_be_none(content: bytes) -> None:
    error = refused(content)
    assert error.what == "this is not JSON, or it is cut off."
    assert "--format=json" in error.next_step


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file_is_said_to_be_empty(content: bytes) -> None:
    assert refused(content).what == "this file is empty."


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": CANARY}},
        {"name": "harbour", "type": "Microsoft.Compute/virtualMachines"},
        {"name": "harbour", "insightSubtype": "IDLE", "targetResources": []},
        [gke_insight(name="projects/1/locations/x/insightTypes/google.iam.policy.Insight/insights/0")],
        [gke_insight(), aks_pool()],
        {"Reservations": []},
        {"Insight": {}},
        [[]],
        "insight",
        7,
        None,
    ],
)
def test_what_no_command_printed_is_refused_with_those_that_are_known(document: Any) -> None:
    error = refused(raw(document))
    assert error.what == "this is no document of a provider's command line that Seatrial knows."
    assert all(command in error.next_step for command in COMMANDS)


@pytest.mark.parametrize(
    ("document", "what", "command"),
    [
        ({"nodegroups": ["workers"]}, "this holds only the names of node groups.", "describe-nodegroup"),
        ({"clusters": ["harbour"]}, "this holds only the names of clusters.", "describe-cluster"),
    ],
)
def test_lists_of_names_lead_to_what_has_more(document: Any, what: str, command: str) -> None:
    error = refused(raw(document))
    assert error.what == what
    assert command in error.next_step


@pytest.mark.parametrize(
    ("document", "said", "again"),
    [
        ({"insight": {"name": "x"}}, "category", "aws eks describe-insight"),
        ({"insight": CANARY}, "Expected `object`, got `str`", "aws eks describe-insight"),
        ({"insights": {CANARY: 1}}, "`$.insights`", "aws eks list-insights"),
        (
            {"cluster": {"name": "a\x1b[2J", "version": "1.36"}},
            "`$.cluster.name`",
            "aws eks describe-cluster",
        ),
        ({"cluster": {"name": "a\n", "version": "1.36"}}, "`$.cluster.name`", "aws eks describe-cluster"),
        ({"cluster": {"name": "a", "version": "1.36.x"}}, "`$.cluster.version`", "aws eks describe-cluster"),
        ({"cluster": {"name": "a", "version": CANARY}}, "`$.cluster.version`", "aws eks describe-cluster"),
        ({"Subnets": [{"SubnetId": "s"}]}, "AvailableIpAddressCount", "aws ec2 describe-subnets"),
        ({"name": "a", "currentMasterVersion": 1.36}, "currentMasterVersion", "gcloud container clusters"),
        ([aks_pool(count="many")], "`$[0].count`", "az aks nodepool list"),
    ],
)
def test_damaged_documents_are_said_to_be_damaged_where(document: Any, said: str, again: str) -> None:
    error = refused(raw(document))
    assert "is damaged" in error.what
    assert said in error.what
    assert error.next_step.startswith(f"Write it again: {again}")


def test_what_is_nested_without_end_is_refused() -> None:
    for depth in (400, 900, 5000, 100_000):
        content = b'{"insight": ' + b'{"resources":[' * depth + b"]}" * depth + b"}"
        assert refused(content).exit_code == 4


def test_many_documents_are_read_in_one_go() -> None:
    assert len(read_exports(b'{"insights": []}\n' * 20_000, "file")) == 20_000


@given(st.data())
def test_whatever_stands_in_a_field_is_read_or_refused(data: st.DataObject) -> None:
    try:
        read_exports(raw(altered(data)), "file")
    except BadInput:
        return
