"""Audit logs, in every wrapping that providers give them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.cluster.audit import AuditLog, DeprecatedCall
from seatrial.cluster.audit_events import merge_audits, read_audit
from seatrial.cluster.objects import GroupVersionResource

FLOWS = GroupVersionResource("flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas")


def an_event(
    audit_id: str = "a1",
    *,
    user: str = "system:serviceaccount:shop:deployer",
    agent: str = "deployer/v1.4",
    stage: str = "ResponseComplete",
    when: str = "2026-11-20T10:00:00.000000Z",
    deprecated: bool = True,
    verb: str = "list",
    namespace: str = "",
) -> dict[str, Any]:
    ref = {"resource": FLOWS.resource, "apiGroup": FLOWS.group, "apiVersion": FLOWS.version}
    if namespace:
        ref["namespace"] = namespace
    annotations = {"authorization.k8s.io/decision": "allow"}
    if deprecated:
        annotations |= {"k8s.io/deprecated": "true", "k8s.io/removed-release": "1.32"}
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": audit_id,
        "stage": stage,
        "verb": verb,
        "user": {"username": user, "groups": ["system:authenticated"]},
        "userAgent": agent,
        "objectRef": ref,
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": when,
        "stageTimestamp": when,
        "annotations": annotations,
    }


def read(text: str | bytes) -> AuditLog:
    return read_audit((text if isinstance(text, bytes) else text.encode()).splitlines(keepends=True), "log")


ONE = AuditLog(
    calls=(
        DeprecatedCall(
            gvr=FLOWS,
            user="system:serviceaccount:shop:deployer",
            user_agent="deployer/v1.4",
            verbs=("list",),
            first="2026-11-20T10:00:00.000000Z",
            last="2026-11-20T10:00:00.000000Z",
            removed_release="1.32",
        ),
    ),
    events=1,
    first="2026-11-20T10:00:00.000000Z",
    last="2026-11-20T10:00:00.000000Z",
)
EVENT = json.dumps(an_event())
GOOGLE = {
    "insertId": "x",
    "timestamp": "2026-11-20T10:00:00.000000Z",
    "labels": {"k8s.io/deprecated": "true", "k8s.io/removed-release": "1.32"},
    "operation": {"id": "a1", "first": True, "last": True},
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "authenticationInfo": {"principalEmail": "system:serviceaccount:shop:deployer"},
        "methodName": "io.k8s.flowcontrol.apiserver.v1beta3.flowschemas.list",
        "requestMetadata": {"callerSuppliedUserAgent": "deployer/v1.4"},
        "resourceName": "flowcontrol.apiserver.k8s.io/v1beta3/flowschemas",
    },
}
SHAPES = {
    "one a line": EVENT,
    "indented": json.dumps(an_event(), indent=4),
    "an array on one line": json.dumps([an_event()]),
    "an array with an element a line": f"[\n{EVENT},\n{json.dumps({'kind': 'Other'})}\n]\n",
    "EventList on one line": json.dumps({"kind": "EventList", "items": [an_event()]}),
    "EventList indented": json.dumps({"kind": "EventList", "items": [an_event()]}, indent=2),
    "byte-order mark and CRLF": b"\xef\xbb\xbf" + EVENT.encode() + b"\r\n\r\n",
    "CloudWatch: what the command line prints": json.dumps(
        {"events": [{"logStreamName": "kube-apiserver-audit-1", "timestamp": 1, "message": EVENT}]}, indent=4
    ),
    "CloudWatch: a subscription": json.dumps(
        {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": EVENT}]}
    ),
    "CloudWatch: an export to a bucket": f"2026-11-20T10:00:01.000Z {EVENT}",
    "CloudWatch: results of a query": json.dumps([{"@timestamp": "x", "@message": an_event()}], indent=1),
    "Cloud Logging, indented": json.dumps([GOOGLE], indent=2),
    "Cloud Logging, one a line": json.dumps(GOOGLE),
    "Azure storage account": json.dumps({"category": "kube-audit", "properties": {"log": EVENT}}),
    "Azure Log Analytics": json.dumps({"Category": "kube-audit", "log_s": EVENT}),
    "a collector's record": json.dumps({"stream": "stdout", "log": EVENT + "\n"}),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_every_shape_holds_the_same_call(text: str | bytes) -> None:
    assert read(text) == ONE


def test_stages_of_one_request_count_once_and_clients_apart() -> None:
    lines = [
        an_event("a1", stage="RequestReceived", deprecated=False),
        an_event("a1", stage="ResponseStarted", verb="watch", namespace="shop"),
        an_event("a1", verb="watch", namespace="shop"),
        an_event("a2", namespace="bank", when="2026-11-20T11:00:00.000000Z"),
        an_event("a3", user="alice", agent="kubectl/v1.29.4"),
        an_event("a4", deprecated=False, when="2026-11-20T09:00:00.000000Z"),
    ]
    log = read("\n".join(json.dumps(each) for each in lines))
    assert [
        (
            each.user,
            each.user_agent,
            each.count,
            each.verbs,
            each.namespaces,
            each.first[11:13],
            each.last[11:13],
        )
        for each in log.calls
    ] == [
        ("alice", "kubectl/v1.29.4", 1, ("list",), (), "10", "10"),
        (
            "system:serviceaccount:shop:deployer",
            "deployer/v1.4",
            2,
            ("list", "watch"),
            ("bank", "shop"),
            "10",
            "11",
        ),
    ]
    assert (log.events, log.first[11:13], log.last[11:13], log.problems) == (6, "09", "11", ())


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (f"nonsense\n{EVENT}\n", ("log:1: this is neither an audit event nor JSON that may hold one.",)),
        (f"{EVENT}\n{EVENT[:90]}", ("log:2: this is neither an audit event nor JSON that may hold one.",)),
        (f'{{"kind":"Event",\n{EVENT}\n', ("log:1: a document without an end.",)),
        (f"{EVENT}\n]{{\n", ("log:2: this is neither an audit event nor JSON that may hold one.",)),
        (f"{EVENT}\n{{\n]\n", ("log:3: a document without an end.",)),
        (
            f'{EVENT}\n{{"items": 7}}\n',
            ("log:2: this is neither an audit event nor JSON that may hold one.",),
        ),
        ("", ("log: holds no audit event.",)),
        ('{"level":"info","msg":"started"}', ("log: holds no audit event.",)),
        (b"\xff\xfe\x00", ("log:1: this is neither an audit event nor JSON that may hold one.",)),
        ("[" * 100_000, ("log:1: a document without an end.",)),
    ],
    ids=range(10),
)
def test_broken_lines_are_problems_with_their_place_and_the_rest_is_read(
    text: str | bytes, problems: tuple[str, ...]
) -> None:
    log = read(text)
    assert log.problems[: len(problems)] == problems
    assert log.calls == (
        ONE.calls if EVENT.encode() in (text.encode() if isinstance(text, str) else text) else ()
    )


def test_many_broken_lines_are_told_shortly() -> None:
    log = read("nonsense\n" * 500 + EVENT)
    assert len(log.problems) == 21
    assert log.problems[-1] == "log: 480 more lines cannot be read."


def test_plain_text_beside_the_audit_stream_is_passed_over() -> None:
    events = [{"message": "I1120 kube-apiserver started"}, {"message": EVENT}]
    assert read(json.dumps({"events": events}, indent=2)) == ONE


def test_a_long_indented_list_is_read_element_by_element() -> None:
    held = 0

    def lines() -> Iterator[bytes]:
        nonlocal held
        yield b"[\n"
        for number in range(3000):
            held = number
            text = json.dumps(an_event(f"id-{number}"), indent=2)
            yield from (text + ("\n" if number == 2999 else ",\n")).encode().splitlines(keepends=True)
        yield b"]\n"

    log = read_audit(lines(), "log")
    assert (held, log.events, log.calls[0].count, log.problems) == (2999, 3000, 3000, ())


def test_files_are_merged_and_their_problems_kept() -> None:
    later = read(json.dumps(an_event("b", when="2026-11-21T10:00:00.000000Z", namespace="shop")))
    merged = merge_audits([ONE, later, read("x")])
    assert [(each.count, each.first[:10], each.last[:10], each.namespaces) for each in merged.calls] == [
        (2, "2026-11-20", "2026-11-21", ("shop",))
    ]
    assert (merged.events, merged.first[:10], merged.last[:10], len(merged.problems)) == (
        2,
        "2026-11-20",
        "2026-11-21",
        2,
    )
    assert merge_audits([]) == AuditLog()


_PIECES = st.sampled_from(
    [
        EVENT,
        EVENT[:40],
        json.dumps(GOOGLE, indent=1),
        "[",
        "]",
        "{",
        "}",
        ",",
        '"',
        "\\",
        '{"items":',
        "\n",
        "null",
    ]
)


@given(st.lists(st.one_of(_PIECES.map(str.encode), st.binary(max_size=30)), max_size=20))
def test_no_input_raises_and_what_is_read_adds_up(pieces: list[bytes]) -> None:
    log = read(b"".join(pieces))
    assert sum(call.count for call in log.calls) <= log.events
    assert log.events or log.problems
