"""Answers one HTTP request against one cluster, without any I/O: `server` only moves the bytes.

A request comes in as a value, an `Answer` (or a `Watch` to stream) goes out; refusals are raised as
`ApiError` and become Status objects in `answer_error`.
"""

from __future__ import annotations

from typing import cast

from seatrial.cluster.objects import Obj
from seatrial.simulator import documents, subresources
from seatrial.simulator.access import Access, review
from seatrial.simulator.call import Call, FieldValidation
from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.hooks import RequestInfo
from seatrial.simulator.listing import Selection, read_chunk
from seatrial.simulator.metrics import Metrics
from seatrial.simulator.paths import ResourcePath, resource_path
from seatrial.simulator.requests import (
    Answer,
    HttpRequest,
    body_of,
    delete_options_of,
    is_true,
    patch_of,
    place,
    shown_as,
)
from seatrial.simulator.status import ApiError, bad_request, invalid, success
from seatrial.simulator.store import encode
from seatrial.simulator.surface import Served
from seatrial.simulator.watching import Watch, WatchOptions, refuse_unwatchable

NOT_SERVED = "the server could not find the requested resource"
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "HEAD": "get"}


class ApiServer:
    """The API of one cluster for one life of its API server: an upgrade makes a new one."""

    def __init__(self, cluster: SimulatedCluster, access: Access) -> None:
        self.cluster = cluster
        self.access = access
        self.metrics = Metrics()
        self.documents = documents.Documents(cluster)

    def describe(self, request: HttpRequest) -> RequestInfo:
        """The request as faults and access rules see it."""
        path = resource_path(request.path)
        served = self._find(path) if path else None
        if path is None or served is None:
            return RequestInfo(request.method.lower(), request.path, user=request.identity.user)
        return RequestInfo(
            verb=_verb(request, path),
            path=request.path,
            resource=served.key if served.key.group == path.group else served.key._replace(group=path.group),
            version=path.version,
            subresource=path.subresource,
            namespace=path.namespace,
            name=path.name,
            user=request.identity.user,
        )

    def handle(self, request: HttpRequest, info: RequestInfo) -> Answer | Watch:
        """Raises `ApiError`; `info` is what `describe` said."""
        path = resource_path(request.path)
        if path is None:
            return self.documents.answer(request, self.metrics)
        served = self._find(path)
        if served is None:
            if path.resource == "" or request.path.rstrip("/").count("/") <= 2:
                return self.documents.answer(request, self.metrics)
            raise ApiError(404, NOT_SERVED)
        self.access.authorize(info)
        call = self._call(request, path)
        if served.deprecation_warning:
            call.warn(served.deprecation_warning)
            self.metrics.saw_deprecated(served, path.subresource)
        answer = self._dispatch(request, path, served, info.verb, call)
        if isinstance(answer, Answer):
            answer.warnings = call.warnings
        return answer

    def record(self, info: RequestInfo, code: int) -> None:
        path = resource_path(info.path)
        self.metrics.saw_request(info.verb, self._find(path) if path else None, info.subresource, code)

    # dispatch
    def _find(self, path: ResourcePath) -> Served | None:
        return self.cluster.surface.find(path.group, path.version, path.resource)

    def _dispatch(
        self, request: HttpRequest, path: ResourcePath, served: Served, verb: str, call: Call
    ) -> Answer | Watch:
        if path.subresource:
            if path.subresource not in served.subresources and path.subresource != "log":
                raise ApiError(404, NOT_SERVED)
            return subresources.answer(self.cluster, request, path, served, verb, call)
        if verb not in served.verbs:
            raise ApiError(405, "the server does not allow this method on the requested resource")
        match verb:
            case "get":
                return self._get(request, path, served, call)
            case "list":
                return self._list(request, path, served)
            case "watch":
                return self._watch(request, path, served)
            case "create":
                return self._create(request, path, served, call)
            case "update":
                return self._update(request, path, served, call)
            case "patch":
                return self._patch(request, path, served, call)
            case "delete":
                return self._delete(request, path, served, call)
            case "deletecollection":
                return self._delete_collection(request, path, served, call)
            case _:
                raise ApiError(405, "the server does not allow this method on the requested resource")

    def _call(self, request: HttpRequest, path: ResourcePath) -> Call:
        query = request.query
        validation = query.get("fieldValidation") or "Warn"
        if validation not in ("Ignore", "Warn", "Strict"):
            raise bad_request(f'fieldValidation: Unsupported value: "{validation}"')
        dry_run = query.get("dryRun", "")
        if dry_run not in ("", "All"):
            message = f'Unsupported value: "{dry_run}": supported values: "All"'
            raise invalid("meta.k8s.io", "CreateOptions", "", [("FieldValueNotSupported", "dryRun", message)])
        agent = request.headers.get("user-agent", "").split("/", 1)[0] or "unknown"
        return Call(
            user=request.identity.user,
            groups=request.identity.groups,
            manager=query.get("fieldManager") or agent,
            version=path.api_version,
            dry_run=dry_run == "All",
            field_validation=cast(FieldValidation, validation),
        )

    # verbs
    def _get(self, request: HttpRequest, path: ResourcePath, served: Served, call: Call) -> Answer:
        key, verbs = served.key, self.cluster.verbs
        shown = shown_as(self.cluster.verbs.machinery, request, served)
        if key.resource == "componentstatuses":
            return Answer(200, encode(_component(path.name)))
        record = self.cluster.store.raw(key, path.namespace, path.name)
        if record is not None and shown.as_stored:
            return Answer(200, record.body)
        return Answer(200, shown.one(verbs.get(key, path.namespace, path.name, call)))

    def _list(self, request: HttpRequest, path: ResourcePath, served: Served) -> Answer:
        query, store = request.query, self.cluster.store
        revision = query.get("resourceVersion", "")
        if revision.isdigit() and int(revision) > store.revision:
            raise ApiError(
                504,
                f"Too large resource version: {revision}, current: {store.revision}",
                reason="Timeout",
                details={"causes": [{"reason": "ResourceVersionTooLarge"}], "retryAfterSeconds": 1},
                retry_after=1,
            )
        limit = query.get("limit", "0")
        if not limit.isdigit():
            raise bad_request(f'strconv.ParseInt: parsing "{limit}": invalid syntax')
        selection = self._selection(request, path, served)
        chunk = read_chunk(store, selection, int(limit), query.get("continue", ""))
        shown = shown_as(self.cluster.verbs.machinery, request, served)
        return Answer(200, shown.list(chunk.records, chunk.revision, chunk.following, chunk.remaining))

    def _watch(self, request: HttpRequest, path: ResourcePath, served: Served) -> Watch:
        refuse_unwatchable(served.verbs)
        query = request.query
        initial = query.get("sendInitialEvents")
        seconds = query.get("timeoutSeconds", "")
        watch = Watch(
            self._selection(request, path, served),
            shown_as(self.cluster.verbs.machinery, request, served),
            WatchOptions(
                revision=query.get("resourceVersion", ""),
                match=query.get("resourceVersionMatch", ""),
                bookmarks=is_true(query.get("allowWatchBookmarks")),
                initial_events=None if initial is None else is_true(initial),
                timeout=float(seconds) if seconds.isdigit() and int(seconds) else None,
            ),
        )
        watch.open()
        return watch

    def _create(self, request: HttpRequest, path: ResourcePath, served: Served, call: Call) -> Answer:
        if path.name:
            raise ApiError(405, "the server does not allow this method on the requested resource")
        body = body_of(request)
        if served.verbs == ("create",):
            if served.kind == "Binding":
                target = (body.get("target") or {}).get("name") or ""
                self.cluster.verbs.bind(path.namespace, body["metadata"]["name"], target)
                return Answer(201, encode(success(served.key, body["metadata"]["name"], "")))
            body.setdefault("apiVersion", served.gvr.api_version)
            return Answer(
                201, encode(review(self.access, served.kind, body, request.identity, path.namespace))
            )
        place(body, path, served)
        created = self.cluster.verbs.create(served.key, body, call)
        return Answer(201, shown_as(self.cluster.verbs.machinery, request, served).one(created))

    def _update(self, request: HttpRequest, path: ResourcePath, served: Served, call: Call) -> Answer:
        body = body_of(request)
        place(body, path, served)
        updated = self.cluster.verbs.update(served.key, body, call)
        return Answer(200, shown_as(self.cluster.verbs.machinery, request, served).one(updated))

    def _patch(self, request: HttpRequest, path: ResourcePath, served: Served, call: Call) -> Answer:
        kind, body = patch_of(request)
        existed = self.cluster.store.raw(served.key, path.namespace, path.name) is not None
        patched = self.cluster.verbs.patch(
            served.key, path.namespace, path.name, body, kind, call, force=is_true(request.query.get("force"))
        )
        return Answer(
            200 if existed else 201, shown_as(self.cluster.verbs.machinery, request, served).one(patched)
        )

    def _delete(self, request: HttpRequest, path: ResourcePath, served: Served, call: Call) -> Answer:
        options = delete_options_of(request, call)
        gone = self.cluster.verbs.delete(served.key, path.namespace, path.name, options, call)
        return Answer(200, encode(gone))

    def _delete_collection(
        self, request: HttpRequest, path: ResourcePath, served: Served, call: Call
    ) -> Answer:
        options = delete_options_of(request, call)
        chosen = list(self._selection(request, path, served).records(self.cluster.store))
        for record in chosen:
            self.cluster.verbs.delete(served.key, record.namespace, record.name, options, call)
        return Answer(
            200,
            shown_as(self.cluster.verbs.machinery, request, served).list(
                chosen, self.cluster.store.revision, "", 0
            ),
        )

    def _selection(self, request: HttpRequest, path: ResourcePath, served: Served) -> Selection:
        query = request.query
        fields = query.get("fieldSelector", "")
        if path.name:  # a watch of one object
            fields = f"metadata.name={path.name}"
        custom = self.cluster.verbs.machinery.definitions.custom(served)
        return Selection.of(
            served.key,
            path.namespace or None,
            query.get("labelSelector", ""),
            fields,
            custom.selectable if custom else (),
        )


def answer_error(error: ApiError) -> Answer:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="seatrial"'
    return Answer(error.code, encode(error.status()), headers=headers)


def _verb(request: HttpRequest, path: ResourcePath) -> str:
    match request.method:
        case "GET" | "HEAD":
            if path.watch or is_true(request.query.get("watch")):
                return "watch"
            return "get" if path.name else "list"
        case "DELETE":
            return "delete" if path.name else "deletecollection"
        case method:
            return _VERBS.get(method, method.lower())


def _component(name: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ComponentStatus",
        "metadata": {"name": name},
        "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}],
    }
