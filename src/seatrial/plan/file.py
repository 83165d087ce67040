"""The plan file: the plan with its digest beside it, so that an altered or half-written one is seen."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from seatrial.errors import BadFormat, NewerFormat
from seatrial.plan.document import PLAN_FORMAT, Plan, canonical_json, check_plan, digest

MAX_BYTES = 16 * 1024 * 1024
"""Larger than any plan: a thousand node groups take about 1 MB."""


def read_plan(data: bytes, *, where: str = "") -> Plan:
    """Parse a plan file; raise `BadFormat` or `NewerFormat` with the reason and the next step."""
    if len(data) > MAX_BYTES:
        raise BadFormat(
            f"this is larger than any plan ({len(data):,} bytes; the limit is {MAX_BYTES:,}).",
            where=where,
            next_step="Give the file that `seatrial plan -o` wrote.",
        )
    head = _decoded(_Head, data, where)
    if head.format > PLAN_FORMAT:
        raise NewerFormat("plan", head.format, PLAN_FORMAT, where=where)
    plan = _decoded(Plan, bytes(head.plan), where)
    if digest(plan) != head.digest:
        raise BadFormat(
            "the plan does not match its digest: it was altered after it was made.",
            where=where,
            next_step="Make the plan again; what is not reviewed is not applied.",
        )
    return check_plan(plan, where=where)


def write_plan(plan: Plan) -> bytes:
    """The bytes of a plan file, indented for review."""
    head = _Head(format=plan.format, digest=digest(plan), plan=msgspec.Raw(canonical_json(plan)))
    return msgspec.json.format(msgspec.json.encode(head), indent=2) + b"\n"


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    digest: str
    plan: msgspec.Raw


T = TypeVar("T")


def _decoded(kind: type[T], data: bytes, where: str) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadFormat(
            f"this is not a plan, or only half of one ({error}).",
            where=where,
            next_step="Make the plan again with `seatrial plan -o FILE`.",
        ) from error
