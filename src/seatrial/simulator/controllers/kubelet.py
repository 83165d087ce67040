"""The kubelets: take a bound pod through pulling, starting, ready, finished and gone, by the model.

Only pods in transition have an entry here; a pod that is ready costs nothing. A pod found running at
the start (a twin is made of such pods) is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from seatrial.cluster.objects import Obj
from seatrial.simulator.call import DeleteOptions
from seatrial.simulator.controllers import pod_status
from seatrial.simulator.controllers.kinds import NODES, PODS
from seatrial.simulator.controllers.loads import Loads
from seatrial.simulator.controllers.loop import Change, Key
from seatrial.simulator.controllers.plane import Plane, being_deleted
from seatrial.simulator.controllers.pods import condition, is_finished, is_ready
from seatrial.simulator.faults import Crash, ImagePull, NeverReady, NeverStops, PodFault
from seatrial.simulator.store import ResourceKey
from seatrial.simulator.workload_model import seconds_to_ready, seconds_to_start

Stage = Literal["starting", "pull back-off", "running", "working", "up", "crash back-off", "stopping"]

_BACK_OFF = 10.0  # seconds after the first crash or failed pull; doubles
_LONGEST_BACK_OFF = 300.0


@dataclass(slots=True)
class _Run:
    """Where a pod is; at `due` (clock's monotonic seconds, None: stays) the stage ends."""

    uid: str
    stage: Stage
    due: float | None
    failures: int = 0


class Kubelets:
    watches: Sequence[ResourceKey] = (PODS, NODES)

    def __init__(self, plane: Plane, loads: Loads) -> None:
        self._plane = plane
        self._loads = loads
        self._runs: dict[Key, _Run] = {}
        self._images: dict[str, set[str]] = {}
        self._addresses = 0

    def concerns(self, change: Change) -> Iterable[Key]:
        meta = change.obj["metadata"]
        if change.key == NODES:
            if change.deleted:
                self._images.pop(meta["name"], None)
                return ()
            came_up = change.added or (change.before is not None and not is_ready(change.before))
            return self._loads.on_node(meta["name"]) if came_up and is_ready(change.obj) else ()
        key = (meta["namespace"], meta["name"])
        if change.deleted:
            self._runs.pop(key, None)
            return ()
        node = (change.obj.get("spec") or {}).get("nodeName")
        if not node:
            return ()
        if change.added and not being_deleted(change.obj) and pod_status.is_started(change.obj):
            self._images.setdefault(node, set()).update(pod_status.images(change.obj))
            settled = is_ready(change.obj) or is_finished(change.obj)
            return () if settled else (key,)
        return (key,) if key not in self._runs or being_deleted(change.obj) else ()

    def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self._plane.store.peek(PODS, namespace, name)
        key = (namespace, name)
        if pod is None:
            self._runs.pop(key, None)
            return None
        node = self._plane.store.peek(NODES, "", pod["spec"].get("nodeName") or "")
        if node is None or not is_ready(node):
            return None  # nobody there to run or stop it
        run = self._runs.get(key)
        if run is not None and run.uid != pod["metadata"]["uid"]:
            run = None
        if being_deleted(pod):
            return self._stop(key, pod, node, run)
        if is_finished(pod):
            self._runs.pop(key, None)
            return None
        if run is None:
            return self._begin(key, pod, node)
        if run.due is None:
            return None
        left = run.due - self._plane.clock.monotonic()
        return left if left > 1e-6 else self._advance(key, pod, node, run)

    def _begin(self, key: Key, pod: Obj, node: Obj) -> float | None:
        if pod_status.is_started(pod) and pod_status.all_containers_ready(pod):
            if not is_ready(pod) and not pod["spec"].get("readinessGates"):  # its node was away
                self._be_ready(key, pod)
            return None
        if is_ready(pod) or _is_stuck(pod):
            return None
        if isinstance(self._plane.faults.for_pod(pod, node), ImagePull):
            return self._enter(key, pod, "starting", 1.0)
        missing = pod_status.images(pod) - self._images.get(node["metadata"]["name"], set())
        timing = self._plane.model.timing_of(pod)
        self._write(pod, pod_status.creating(pod, self._plane.now()))
        return self._enter(key, pod, "starting", seconds_to_start(timing, pod["spec"], len(missing)))

    def _advance(self, key: Key, pod: Obj, node: Obj, run: _Run) -> float | None:
        """The present stage is over: what comes next?"""
        fault = self._plane.faults.for_pod(pod, node)
        match run.stage:
            case "starting" | "pull back-off" | "crash back-off":
                if isinstance(fault, ImagePull) and run.stage != "crash back-off":
                    return self._fail_pull(key, pod, run, fault)
                return self._run(key, pod, node, run, fault)
            case "running":
                if isinstance(fault, Crash):
                    return self._crash(key, pod, run, fault)
                self._be_ready(key, pod)
                return None
            case "working":
                self._runs.pop(key, None)
                self._write(pod, pod_status.finished(pod, self._plane.now(), exit_code=0))
                return None
            case "up" | "stopping":
                return None

    def _run(self, key: Key, pod: Obj, node: Obj, run: _Run, fault: PodFault | None) -> float | None:
        name = node["metadata"]["name"]
        self._images.setdefault(name, set()).update(pod_status.images(pod))
        timing = self._plane.model.timing_of(pod)
        address = pod_status.address_of(pod) or self._next_address()
        host = pod_status.host_address(node)
        self._write(pod, pod_status.running(pod, self._plane.now(), address, host, restarts=run.failures))
        if isinstance(fault, Crash):
            return self._enter(key, pod, "running", fault.after, run.failures)
        if isinstance(fault, NeverReady):
            return self._enter(key, pod, "up", None)
        if pod["spec"].get("restartPolicy", "Always") != "Always":
            self._write_ready(pod)
            return self._enter(key, pod, "working", timing.work)
        wait = seconds_to_ready(timing, pod["spec"])
        if wait <= 0:
            self._be_ready(key, pod)
            return None
        return self._enter(key, pod, "running", wait, run.failures)

    def _be_ready(self, key: Key, pod: Obj) -> None:
        self._write_ready(pod)
        self._runs.pop(key, None)

    def _write_ready(self, pod: Obj) -> None:
        current = self._plane.store.peek(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
        self._write(pod, pod_status.ready(current or pod, self._plane.now()))

    def _crash(self, key: Key, pod: Obj, run: _Run, fault: Crash) -> float | None:
        now = self._plane.now()
        policy = pod["spec"].get("restartPolicy", "Always")
        if policy == "Never":
            self._runs.pop(key, None)
            self._write(pod, pod_status.finished(pod, now, exit_code=fault.exit_code, message=fault.message))
            return None
        self._write(pod, pod_status.crashed(pod, now, fault.exit_code, fault.message))
        self._plane.warn(PODS, "Pod", pod, "BackOff", "Back-off restarting failed container")
        return self._enter(key, pod, "crash back-off", _back_off(run.failures), run.failures + 1)

    def _fail_pull(self, key: Key, pod: Obj, run: _Run, fault: ImagePull) -> float | None:
        self._write(pod, pod_status.pull_failed(pod, self._plane.now(), fault.message, run.failures))
        self._plane.warn(PODS, "Pod", pod, "Failed", f"Error: ErrImagePull: {fault.message}")
        return self._enter(key, pod, "pull back-off", _back_off(run.failures), run.failures + 1)

    def _stop(self, key: Key, pod: Obj, node: Obj, run: _Run | None) -> float | None:
        """Let the shutdown take its modelled time, then confirm the deletion."""
        if run is None or run.stage != "stopping":
            grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
            seconds = min(grace, self._plane.model.timing_of(pod).shutdown)
            if isinstance(self._plane.faults.for_pod(pod, node), NeverStops):
                seconds = grace
            if is_finished(pod) or not pod_status.is_started(pod):
                seconds = 0.0
            self._write(pod, pod_status.not_ready(pod, self._plane.now()))
            run = self._runs[key] = _Run(
                pod["metadata"]["uid"], "stopping", self._plane.clock.monotonic() + seconds
            )
        left = (run.due or 0.0) - self._plane.clock.monotonic()
        if left > 1e-6:
            return left
        self._plane.verbs.delete(PODS, *key, DeleteOptions(grace_period_seconds=0))
        return None

    def _enter(
        self, key: Key, pod: Obj, stage: Stage, seconds: float | None, failures: int = 0
    ) -> float | None:
        due = None if seconds is None else self._plane.clock.monotonic() + seconds
        self._runs[key] = _Run(pod["metadata"]["uid"], stage, due, failures)
        return seconds

    def _write(self, pod: Obj, status: Obj) -> None:
        self._plane.write_status(PODS, pod, status)

    def _next_address(self) -> str:
        self._addresses += 1
        high, low = divmod(self._addresses, 250)
        higher, high = divmod(high, 250)
        return f"10.{64 + higher}.{high}.{low + 1}"


def _is_stuck(pod: Obj) -> bool:
    """A pod that was broken when we first saw it stays so: nothing is known that would heal it."""
    if pod_status.is_started(pod):
        ready = condition(pod, "Ready")
        return ready is not None and ready.get("status") == "False"
    return bool(pod_status.waiting_reasons(pod) - {"ContainerCreating", "PodInitializing"})


def _back_off(failures: int) -> float:
    return min(_LONGEST_BACK_OFF, _BACK_OFF * 2.0**failures)
