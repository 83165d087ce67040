"""How long the pods of each workload take to become ready, as far as the snapshot saw it.

A pod's conditions say when it was scheduled and when it became ready. The ready time moves when a pod
becomes unready and ready again, so only pods whose containers never restarted count, and nothing above
an hour. What the snapshot did not see comes from the simulator's defaults, and is said to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from seatrial.cluster.objects import Obj
from seatrial.simulator.controllers.plane import parse_time
from seatrial.simulator.controllers.pods import condition, is_ready
from seatrial.simulator.workload_model import Timing, WorkloadModel, workload_name

_LONGEST_BELIEVED = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class SeenDuration:
    """Seconds from scheduled to ready of one workload's pods, as captured."""

    workload: str
    """ "shop/web"."""
    low: float
    median: float
    high: float
    pods: int


@dataclass(frozen=True, slots=True)
class LearnedTimings:
    model: WorkloadModel = field(default_factory=WorkloadModel)
    seen: tuple[SeenDuration, ...] = ()
    unseen: tuple[str, ...] = ()
    """Workloads with pods for which the snapshot holds no usable duration."""


def learn_timings(pods: Iterable[Obj]) -> LearnedTimings:
    """Per workload the median of what its pods took."""
    durations: dict[tuple[str, str], list[float]] = defaultdict(list)
    workloads: set[tuple[str, str]] = set()
    samples: dict[tuple[str, str], Obj] = {}
    for pod in pods:
        workload = (str(pod["metadata"].get("namespace") or ""), workload_name(pod))
        workloads.add(workload)
        took = seconds_to_ready(pod)
        if took is not None:
            durations[workload].append(took)
            samples.setdefault(workload, pod)
    seen, timings = [], {}
    for (namespace, name), found in sorted(durations.items()):
        seen.append(SeenDuration(f"{namespace}/{name}", min(found), median(found), max(found), len(found)))
        timings[namespace, name] = _timing(median(found), samples[namespace, name])
    unseen = sorted(f"{namespace}/{name}" for namespace, name in workloads - durations.keys())
    return LearnedTimings(WorkloadModel(per_workload=timings), tuple(seen), tuple(unseen))


def slowest_start(pods: Iterable[Obj]) -> float:
    """Seconds that the slowest of them took; 0 where none tells."""
    return max(filter(None, map(seconds_to_ready, pods)), default=0.0)


def seconds_to_ready(pod: Obj) -> float | None:
    """From scheduled to ready; None where the pod does not tell."""
    status = pod.get("status") or {}
    if not is_ready(pod) or any(c.get("restartCount") for c in status.get("containerStatuses") or ()):
        return None
    scheduled, ready = condition(pod, "PodScheduled"), condition(pod, "Ready")
    began = (scheduled or {}).get("lastTransitionTime") or pod["metadata"].get("creationTimestamp")
    ended = (ready or {}).get("lastTransitionTime")
    if not began or not ended:
        return None
    took = (parse_time(str(ended)) - parse_time(str(began))).total_seconds()
    return took if 0 < took <= _LONGEST_BELIEVED else None


def _timing(total: float, pod: Obj) -> Timing:
    """The whole as observed: no separate pull, and what the probe's own delay does not take."""
    spec = pod.get("spec") or {}
    probed = any(
        container.get("readinessProbe") or container.get("startupProbe")
        for container in spec.get("containers") or ()
    )
    if not probed:
        return Timing(pull=0.0, init=0.0, start=total, ready=0.0)
    delay = max(
        float((container.get(probe) or {}).get("initialDelaySeconds") or 0)
        for container in spec.get("containers") or ()
        for probe in ("readinessProbe", "startupProbe")
    )
    start = min(1.0, total / 2)
    return Timing(pull=0.0, init=0.0, start=start, ready=max(0.0, total - start - delay))
