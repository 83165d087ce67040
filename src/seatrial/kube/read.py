"""The client that can only read: what `check`, `snapshot`, `rehearse` and `plan` hold.

It has no method that changes a cluster and no public attribute that leads to one. The one POST it
sends is a SelfSubjectAccessReview, a question that the API server answers without storing anything.

Lists come in pages of undecoded bytes: decoding 10,000 pods into dicts costs ten times more time and
memory than decoding the few fields that somebody reads (`list_as`).
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import msgspec

from seatrial.clock import Clock
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.version import Version
from seatrial.errors import BadInput, PermanentError
from seatrial.kube.access import ClusterAccess
from seatrial.kube.body import decoded, json_object
from seatrial.kube.consent import Consent, allow_nothing
from seatrial.kube.discovery import Discovery, discover
from seatrial.kube.discreet import Discreet
from seatrial.kube.paths import object_path, resource_path
from seatrial.kube.session import Call, Limits, Session, connect
from seatrial.kube.status import Gone
from seatrial.kube.watch import WatchEvent, watch
from seatrial.kube.wire import ListOf, access_review, list_decoder, raw_list, version_answer

T = TypeVar("T")
_PLAIN_VERSION = re.compile(r"v[\w.+-]{1,64}", re.ASCII)


class Page(Discreet, frozen=True):
    """One page of a list. The items are slices of the page's bytes: `bytes(item)` copies one out."""

    HIDDEN = frozenset({"items"})

    items: list[msgspec.Raw]
    kind: str
    """The kind of the items; API servers leave it out of the items of built-in kinds."""
    api_version: str
    resource_version: str
    remaining: int | None
    """How many objects follow, where the server says it (not with a selector)."""
    first: bool
    """The list begins here. A second `first` page means that the pages before it are void: the list
    took longer than the server keeps a point in time, and it could not go on from there."""
    consistent: bool = True
    """False when this page shows a later moment than the first one did."""


class Listing(Discreet, frozen=True):
    """A whole list, undecoded; watch on from `resource_version`."""

    HIDDEN = frozenset({"items"})

    items: list[msgspec.Raw]
    kind: str
    api_version: str
    resource_version: str
    consistent: bool


@asynccontextmanager
async def connect_to_read(
    access: ClusterAccess,
    clock: Clock,
    *,
    rng: random.Random | None = None,
    consent: Consent = allow_nothing,
    interactive: bool = False,
) -> AsyncIterator[ReadClient]:
    """A ReadClient with a session of its own, for code that must never hold anything more."""
    async with connect(access, clock, rng=rng, consent=consent, interactive=interactive) as session:
        yield ReadClient(session)


class ReadClient:
    """Reads one cluster."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def cluster(self) -> str:
        """The name of the cluster, for messages."""
        return self._session.access.name

    async def version(self) -> Version:
        """The API server's version."""
        return Version.parse(await self.server_version())

    async def server_version(self) -> str:
        """The same as the server writes it, with what tells its maker: "v1.36.4-eks-1a2b3c"."""
        call = Call("GET", "/version", reads_only=True)
        answer = await self._session.send(call)
        where = self._session.where(call)
        said = decoded(version_answer, answer.body, where=where).git_version
        try:
            version = Version.parse(said)
        except BadInput:
            raise PermanentError(
                "the answer names no Kubernetes version.",
                where=where,
                next_step="Check the server URL of this context: something else than an API server is there.",
            ) from None
        return said if _PLAIN_VERSION.fullmatch(said) else f"v{version}"

    async def discover(self) -> Discovery:
        """What the cluster serves, asked anew."""
        return await discover(self._session)

    async def get(
        self, gvr: GroupVersionResource, name: str, namespace: str = "", *, subresource: str = ""
    ) -> Obj:
        """One object; `NotFound` when it is not there."""
        call = Call("GET", object_path(gvr, name, namespace, subresource), reads_only=True)
        answer = await self._session.send(call)
        return decoded(json_object, answer.body, where=self._session.where(call))

    async def pages(
        self,
        gvr: GroupVersionResource,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
    ) -> AsyncIterator[Page]:
        """The list page by page; see `Page.first` for what happens when it takes too long."""
        async for answer, first, consistent in self._bodies(
            gvr, namespace, label_selector, field_selector, limit, raw_list
        ):
            yield Page(
                items=answer.items or [],
                kind=answer.kind.removesuffix("List"),
                api_version=answer.api_version or gvr.api_version,
                resource_version=answer.metadata.resource_version,
                remaining=answer.metadata.remaining_item_count,
                first=first,
                consistent=consistent,
            )

    async def listing(
        self,
        gvr: GroupVersionResource,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
    ) -> Listing:
        """The whole list with the point in time to watch from."""
        items: list[msgspec.Raw] = []
        last: Page | None = None
        consistent = True
        async for page in self.pages(
            gvr, namespace, label_selector=label_selector, field_selector=field_selector, limit=limit
        ):
            if page.first:
                items, consistent = [], True
            items += page.items
            consistent = consistent and page.consistent
            last = page
        assert last is not None  # noqa: S101 - a list has at least one page
        return Listing(items, last.kind, last.api_version, last.resource_version, consistent)

    async def list_raw(
        self,
        gvr: GroupVersionResource,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
    ) -> list[msgspec.Raw]:
        """All objects, undecoded."""
        whole = await self.listing(
            gvr, namespace, label_selector=label_selector, field_selector=field_selector, limit=limit
        )
        return whole.items

    async def list_as(
        self,
        gvr: GroupVersionResource,
        kind: type[T],
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
    ) -> list[T]:
        """All objects decoded into `kind`, a msgspec Struct of the fields that the caller reads."""
        items: list[T] = []
        decoder: msgspec.json.Decoder[ListOf[T]] = list_decoder(cast("Any", kind))
        async for answer, first, _ in self._bodies(
            gvr, namespace, label_selector, field_selector, limit, decoder
        ):
            if first:
                items = []
            items += answer.items or []
        return items

    async def list_objects(
        self,
        gvr: GroupVersionResource,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
    ) -> list[Obj]:
        """All objects as dicts, each with its apiVersion and kind."""
        items: list[Obj] = []
        decoder: msgspec.json.Decoder[ListOf[Obj]] = list_decoder(Obj)
        async for answer, first, _ in self._bodies(
            gvr, namespace, label_selector, field_selector, limit, decoder
        ):
            if first:
                items = []
            identity = {
                "apiVersion": answer.api_version or gvr.api_version,
                "kind": answer.kind.removesuffix("List"),
            }
            items += [{**identity, **item} for item in answer.items or ()]
        return items

    def watch(
        self,
        gvr: GroupVersionResource,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str | None = None,
    ) -> AsyncIterator[WatchEvent]:
        """Changes after `resource_version` (None: from now on), through cut connections, without an end.

        Raises `Gone` when the server no longer keeps the point reached: list again and watch from there.
        """
        return watch(
            self._session,
            resource_path(gvr, namespace),
            label_selector=label_selector,
            field_selector=field_selector,
            resource_version=resource_version,
        )

    async def raw_get(self, path: str, *, limits: Limits | None = None) -> bytes:
        """The body of any GET, such as "/metrics" or "/readyz?verbose"; `limits` where it may be huge."""
        bare, _, query = path.partition("?")
        params = tuple(
            (key, value) for key, _, value in (part.partition("=") for part in query.split("&") if part)
        )
        answer = await self._session.send(
            Call("GET", bare, params, accept="*/*", reads_only=True, limits=limits)
        )
        return answer.body

    async def allowed(
        self,
        verb: str,
        gvr: GroupVersionResource,
        namespace: str = "",
        *,
        name: str = "",
        subresource: str = "",
    ) -> bool:
        """Whether we may do `verb`, by the server's own answer (a POST that stores nothing)."""
        attributes = {
            "verb": verb,
            "group": gvr.group,
            "version": gvr.version,
            "resource": gvr.resource,
            "subresource": subresource,
            "namespace": namespace,
            "name": name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        call = Call(
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body=msgspec.json.encode(review),
            reads_only=True,
        )
        answer = await self._session.send(call)
        return decoded(access_review, answer.body, where=self._session.where(call)).status.allowed

    async def _bodies(
        self,
        gvr: GroupVersionResource,
        namespace: str | None,
        label_selector: str,
        field_selector: str,
        limit: int,
        decoder: msgspec.json.Decoder[ListOf[T]],
    ) -> AsyncIterator[tuple[ListOf[T], bool, bool]]:
        """Each decoded page, whether the list (again) begins with it, and whether it is consistent."""
        path = resource_path(gvr, namespace)
        token, consistent, restarts = "", True, 0
        while True:
            params = [("limit", str(limit))] if limit else []
            params += [("labelSelector", label_selector)] if label_selector else []
            params += [("fieldSelector", field_selector)] if field_selector else []
            params += [("continue", token)] if token else []
            call = Call("GET", path, tuple(params), reads_only=True)
            try:
                answer = await self._session.send(call)
            except Gone as gone:
                # https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses
                restarts += 1
                if not token or restarts > 5:
                    raise
                token, consistent = gone.continue_token, not gone.continue_token
                continue
            page = decoded(decoder, answer.body, where=self._session.where(call))
            yield page, not token, consistent
            token = page.metadata.continue_
            if not token:
                return
