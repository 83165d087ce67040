"""Hears the API servers' own metrics: of each server by itself where the control plane is one's own.

Each counts only the requests that it served, and a load balancer leads to one of them at a time. A
provider shows nobody its servers, so there the one that answers is all there is, and the check says so.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from seatrial.catalog.providers import provider_by_signs
from seatrial.cluster.metrics import METRIC, ApiMetrics, merge_metrics
from seatrial.cluster.models import EndpointSlice, Node
from seatrial.cluster.models.metadata import AnyObject, Part, R, Resource, decode
from seatrial.cluster.models.networking import SERVICE_NAME, Endpoint
from seatrial.cluster.snapshot import ResourceList
from seatrial.errors import BadFormat, Forbidden, SeatrialError, Unreachable
from seatrial.kube import CertificateProblem, DirectReader, Limits, ReadClient, ServerAddress, server_address

METRICS_PATH = "/metrics"
_USUAL = Limits(answer=10, whole=20, body=64 << 20)
_DIRECT = Limits(connect=2.5, answer=3, whole=10, body=64 << 20)
"""Addresses that lead nowhere are common: a control plane's own network is often closed to its users."""
_MOST_ASKED = 16
_AT_ONCE = 4
_SAMPLES = re.compile(rb"^" + METRIC.encode() + rb"\{.*$", re.MULTILINE)


class _Named(msgspec.Struct, frozen=True):
    """An address that the cluster names for one of its API servers; `place` is None for a senseless one."""

    text: str
    place: ServerAddress | None


async def hear_usual(client: ReadClient) -> str:
    """What the server that answers us counts; raise what kept us from it."""
    return _samples(await client.raw_get(METRICS_PATH, limits=_USUAL))


async def hear_others(
    usual: str,
    lists: Sequence[ResourceList],
    *,
    server_version: str,
    each_server: DirectReader | None = None,
) -> ApiMetrics:
    """What all API servers together count of deprecated APIs; they are found among the objects read.

    `each_server` is given where the control plane is not a provider's, as far as the caller knows."""
    named = _named(lists)
    if (
        each_server is None
        or len(named) < 2
        or provider_by_signs(server_version, _node_labels(lists), each_server.host)
    ):
        return merge_metrics([usual], servers_known=None)
    answers = await _ask(each_server, named, usual)
    heard = [answer for answer in answers if isinstance(answer, str)]
    silent = tuple(
        f"{each.text} {why.said}"
        for each, why in zip(named, answers, strict=True)
        if isinstance(why, _Silent)
    )
    merged = merge_metrics([*heard, usual], servers_known=len(named), unheard=silent)
    return msgspec.structs.replace(merged, servers_heard=max(1, len(heard)))  # the usual one is among them


class _Silent(msgspec.Struct, frozen=True):
    said: str


async def _ask(reader: DirectReader, named: Sequence[_Named], usual: str) -> list[str | _Silent]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def ask(number: int, each: _Named) -> str | _Silent:
        if each.place is None:
            return _Silent("is no address that an API server can have")
        if reader.is_usual(each.place):
            return usual
        if reader.obstacle:
            return _Silent(f"was not asked: {reader.obstacle}")
        if number >= _MOST_ASKED:
            return _Silent(f"was not asked: more than {_MOST_ASKED} are named")
        async with slots:
            try:
                return _samples(await reader.get(each.place, METRICS_PATH, _DIRECT))
            except SeatrialError as error:
                return _Silent(_why(error))

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(number, each)) for number, each in enumerate(named)]
    return [task.result() for task in tasks]


def _why(error: SeatrialError) -> str:
    """In our own words: who answers there may be anybody."""
    match error:
        case CertificateProblem():
            return "did not prove by its certificate that it is one of the cluster's API servers"
        case Forbidden():
            return "does not allow it to this identity"
        case Unreachable():
            return "cannot be reached from here, or does not answer in time"
        case _:
            return "does not answer as an API server does"


def _samples(body: bytes) -> str:
    """The lines that are read later: the rest is many megabytes on a large cluster."""
    return b"\n".join(found[0] for found in _SAMPLES.finditer(body)).decode("utf-8", "replace")


class _Port(Part, frozen=True):
    name: str | None = None
    port: int | None = None


class _Slice(Resource, frozen=True):
    API: ClassVar = EndpointSlice.API
    PLURAL: ClassVar = EndpointSlice.PLURAL

    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[_Port, ...] = ()


def _named(lists: Sequence[ResourceList]) -> tuple[_Named, ...]:
    """Where the Service `kubernetes` leads to; the API servers themselves write that down."""
    found = {
        (address, port): _Named(f"{address}:{port}", server_address(address, port))
        for each in _slices(lists)
        for port in _ports(each)
        for endpoint in each.endpoints
        for address in endpoint.addresses
    }
    return tuple(_Named(str(each.place or each.text), each.place) for _, each in sorted(found.items()))


def _slices(lists: Sequence[ResourceList]) -> Iterator[_Slice]:
    for item in _items(lists, EndpointSlice):
        if b'"kubernetes"' in item:  # spares decoding the others
            each = _decoded(_Slice, item)
            if each is not None and (each.namespace, each.labels.get(SERVICE_NAME)) == (
                "default",
                "kubernetes",
            ):
                yield each


def _ports(each: _Slice) -> list[int]:
    https = [port.port for port in each.ports if port.name in ("https", "", None) and port.port is not None]
    return https[:1] or [443]


def _node_labels(lists: Sequence[ResourceList]) -> Iterator[str]:
    for item in _items(lists, Node):
        node = _decoded(AnyObject, item)
        yield from node.labels if node is not None else ()


def _items(lists: Sequence[ResourceList], kind: type[Resource]) -> Iterator[bytes]:
    wanted = kind.group_kind()
    return (bytes(item) for listed in lists if listed.group_kind == wanted for item in listed.items)


def _decoded(kind: type[R], item: bytes) -> R | None:
    """None for a broken one: whoever checks it says so."""
    try:
        return decode(kind, item)
    except BadFormat:
        return None
