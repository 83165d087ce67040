"""A cluster, its provider and its Helm releases in a few dictionaries, with effects that can be counted.

Every call is a place where a test may kill the process: before it has an effect, and after it had
one but before the answer came back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from seatrial.clock import Clock
from seatrial.cluster.helm_release import ReleaseStatus
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.provider_state import NodeGroup, ProviderState
from seatrial.cluster.release_state import Absent, Deployed, Failed, Pending, ReleaseState
from seatrial.cluster.version import Version
from seatrial.errors import NotFound
from seatrial.plan import PlannedComponent
from seatrial.providers.protocol import Busy, Capabilities, Operation, OperationState


class Killed(BaseException):
    """kill -9: nothing after it runs."""


@dataclass
class Fuse:
    """Blows at the nth point passed; never by default."""

    at: int | None = None
    passed: int = 0
    where: str = ""

    def point(self, name: str) -> None:
        self.passed += 1
        if self.at is not None and self.passed == self.at:
            self.where = name
            raise Killed(name)


class FakeKube:
    """`Reading` and `Writing` over objects by (resource, namespace, name)."""

    def __init__(self, fuse: Fuse, version: str = "1.33.4") -> None:
        self.fuse = fuse
        self.server_version = version
        self.objects: dict[tuple[str, str, str], Obj] = {}
        self.writes: list[str] = []

    def add(self, resource: str, name: str, namespace: str = "", **parts: Any) -> Obj:
        obj = {"metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}"}, **parts}
        self.objects[resource, namespace, name] = obj
        return obj

    async def version(self) -> Version:
        return Version.parse(self.server_version)

    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj:
        self.fuse.point(f"get {name}")
        found = self.objects.get((gvr.resource, namespace, name))
        if found is None:
            raise NotFound("no such object.", where=name)
        return msgspec.json.decode(msgspec.json.encode(found))

    async def list_objects(
        self, gvr: GroupVersionResource, namespace: str | None = None, *, label_selector: str = ""
    ) -> list[Obj]:
        self.fuse.point(f"list {gvr.resource}")
        return [
            obj
            for (resource, space, _), obj in self.objects.items()
            if resource == gvr.resource and namespace in (None, space)
        ]

    async def patch(
        self, gvr: GroupVersionResource, name: str, namespace: str, body: Any, *, kind: Any = "merge"
    ) -> Obj:
        self.fuse.point(f"before patch {name}")
        _merge(self.objects[gvr.resource, namespace, name], body)
        self.writes.append(f"patch {name}")
        self.fuse.point(f"after patch {name}")
        return {}

    async def scale(self, gvr: GroupVersionResource, name: str, namespace: str, replicas: int) -> Obj:
        self.fuse.point(f"before scale {name}")
        obj = self.objects[gvr.resource, namespace, name]
        obj["spec"]["replicas"] = replicas
        obj["status"] = {"replicas": replicas, "readyReplicas": replicas}
        self.writes.append(f"scale {name} to {replicas}")
        self.fuse.point(f"after scale {name}")
        return {}


def _merge(obj: Obj, patch: Obj) -> None:
    for key, value in patch.items():
        if value is None:
            obj.pop(key, None)
        elif isinstance(value, dict):
            _merge(obj.setdefault(key, {}), value)
        else:
            obj[key] = value


@dataclass
class FakeProvider:
    """Operations take `takes` seconds of the clock and outlive every kill; starts are counted."""

    clock: Clock
    fuse: Fuse
    kube: FakeKube
    tokens: bool = False
    takes: float = 300.0
    version: str = "1.33.4"
    groups: dict[str, str] = field(default_factory=lambda: {"default": "1.33.4"})
    refuse: Callable[[str], str] = lambda target: ""
    """Why an operation on the target fails at its end; empty when it does not."""
    started: list[str] = field(default_factory=list)
    _operations: list[tuple[Operation, Callable[[], None]]] = field(default_factory=list)
    _by_token: dict[str, str] = field(default_factory=dict)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            kind="simulated",
            idempotency_tokens=self.tokens,
            drain_limit=900.0,
            forces_after_drain_limit=False,
            node_image_upgrades=True,
            control_plane_rollback=False,
            max_node_group_skew=3,
        )

    async def state(self) -> ProviderState:
        self.fuse.point("provider state")
        running = [each.id for each in self._now() if each.state is OperationState.RUNNING]
        return ProviderState(
            kind="simulated",
            version=self.version,
            node_groups=tuple(
                NodeGroup(name=name, version=version, size=1, min_size=1, max_size=3)
                for name, version in self.groups.items()
            ),
            running_operations=tuple(running),
        )

    async def available_versions(self) -> tuple[Version, ...]:
        return ()

    async def start_control_plane_upgrade(self, to: Version, *, token: str) -> Operation:
        def done() -> None:
            self.version = self.kube.server_version = str(to)

        return self._start("control-plane", token, done)

    async def start_node_group_upgrade(
        self, node_group: str, to: Version, *, image: str = "", token: str
    ) -> Operation:
        def done() -> None:
            self.groups[node_group] = str(to)
            for (resource, _, _), node in self.kube.objects.items():
                if resource == "nodes" and node_group in node["metadata"]["labels"].values():
                    node["status"]["nodeInfo"]["kubeletVersion"] = f"v{to}"

        return self._start(f"node-group/{node_group}", token, done)

    async def operation(self, operation_id: str) -> Operation:
        self.fuse.point("look at operation")
        for operation in self._now():
            if operation.id == operation_id:
                return operation
        raise NotFound("no such operation.", where=operation_id)

    async def operations(self) -> tuple[Operation, ...]:
        self.fuse.point("list operations")
        return tuple(reversed(self._now()))

    async def cancel(self, operation_id: str) -> Operation:
        raise NotImplementedError

    def _start(self, target: str, token: str, done: Callable[[], None]) -> Operation:
        self.fuse.point(f"before start {target}")
        if self.tokens and token in self._by_token:
            return next(each for each in self._now() if each.id == self._by_token[token])
        for each in self._now():
            if each.state is OperationState.RUNNING and each.target == target:
                raise Busy("another operation runs.", operation_id=each.id)
        operation = Operation(
            id=f"op-{len(self._operations) + 1}",
            target=target,
            kind="upgrade",
            state=OperationState.RUNNING,
            started_at=self.clock.now().timestamp(),
        )
        self.started.append(target)
        self._operations.append((operation, done))
        self._by_token[token] = operation.id
        self.fuse.point(f"after start {target}")
        return operation

    def _now(self) -> list[Operation]:
        """Operations whose time has come end, whether anybody looks or not."""
        now = self.clock.now().timestamp()
        for index, (operation, done) in enumerate(self._operations):
            if operation.state is OperationState.RUNNING and now >= operation.started_at + self.takes:
                why = self.refuse(operation.target)
                if not why:
                    done()
                state = OperationState.FAILED if why else OperationState.SUCCEEDED
                ended = msgspec.structs.replace(operation, state=state, detail=why, finished_at=now)
                self._operations[index] = (ended, done)
        return [operation for operation, _ in self._operations]


@dataclass
class FakeCharts:
    """Releases by name; a kill in the middle of Helm leaves one pending, as a real kill does."""

    fuse: Fuse
    releases: dict[str, ReleaseState] = field(default_factory=dict)
    never_ready: set[str] = field(default_factory=set)
    """Versions whose workloads do not become ready."""
    calls: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    """The version that a component's chart holds."""
    _revisions: dict[str, dict[int, str]] = field(default_factory=dict)

    def install(self, name: str, version: str, *, to: str) -> None:
        self.releases[name] = Deployed(version, 1)
        self._revisions[name] = {1: version}
        self.versions[name] = to

    async def state(self, release: str, namespace: str) -> ReleaseState:
        self.fuse.point(f"state of {release}")
        return self.releases.get(release, Absent())

    async def not_ready(self, release: str, namespace: str) -> tuple[str, ...]:
        self.fuse.point(f"readiness of {release}")
        state = self.releases[release]
        version = state.version if isinstance(state, Deployed) else ""
        return (f"{release} has 0 of 1 replicas available",) if version in self.never_ready else ()

    async def apply_crds(self, component: PlannedComponent) -> tuple[str, ...]:
        self.fuse.point("before crds")
        self.calls.append(f"crds {component.name}")
        self.fuse.point("after crds")
        return ("things.example.com",)

    async def upgrade(self, component: PlannedComponent, *, wait: bool, patience: float) -> int:
        return self._helm(component.release, self.versions[component.name], "upgrade")

    async def roll_back(self, release: str, namespace: str, revision: int, *, patience: float) -> None:
        self._helm(release, self._revisions[release][revision], "rollback")

    async def uninstall(self, release: str, namespace: str, *, patience: float) -> None:
        self.fuse.point(f"before uninstall {release}")
        self.releases.pop(release, None)
        self.calls.append(f"uninstall {release}")

    def _helm(self, release: str, version: str, verb: str) -> int:
        self.fuse.point(f"before helm {verb}")
        state = self.releases.get(release, Absent())
        if isinstance(state, Pending) and verb == "upgrade":
            raise AssertionError("Helm refuses: another operation is in progress")
        good = {Deployed: "revision", Failed: "good_revision", Pending: "good_revision"}
        last = getattr(state, good[type(state)]) if type(state) in good else 0
        history = self._revisions.setdefault(release, {})
        revision = max(history, default=0) + 1
        history[revision] = version
        self.calls.append(f"{verb} {release}")
        self.releases[release] = Pending(version, revision, ReleaseStatus.PENDING_UPGRADE, last)
        self.fuse.point(f"in helm {verb}")
        self.releases[release] = Deployed(version, revision)
        self.fuse.point(f"after helm {verb}")
        return revision
