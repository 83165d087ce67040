"""How long things take in a simulated cluster: pulling, starting, getting ready, working, stopping.

A model, not a measurement: a rehearsal fills `per_workload` with what the snapshot saw and labels what
it derives from the defaults "modelled".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial.cluster.objects import Obj


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of simulated time for one pod of a workload."""

    pull: float = 4.0
    """Per image, the first time a node needs it."""
    start: float = 2.0
    """From images pulled to containers running."""
    init: float = 1.0
    """Per init container."""
    ready: float = 3.0
    """From running to ready, on top of the probe's initialDelaySeconds; 0 without a readiness probe."""
    work: float = 5.0
    """What a pod that runs to completion takes."""
    shutdown: float = 2.0
    """From SIGTERM to gone; never longer than the grace period."""


@dataclass(frozen=True, slots=True)
class WorkloadModel:
    default: Timing = field(default_factory=Timing)
    per_workload: Mapping[tuple[str, str], Timing] = field(default_factory=dict)
    """By namespace and name of the workload (the Deployment, not its ReplicaSet)."""

    def timing_of(self, pod: Obj) -> Timing:
        if not self.per_workload:
            return self.default
        where = (pod["metadata"].get("namespace") or "", workload_name(pod))
        return self.per_workload.get(where, self.default)


def seconds_to_start(timing: Timing, spec: Mapping[str, Any], images_missing: int) -> float:
    one_shot = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") != "Always"]
    return timing.pull * images_missing + timing.init * len(one_shot) + timing.start


def seconds_to_ready(timing: Timing, spec: Mapping[str, Any]) -> float:
    """The slowest readiness (or startup) probe decides; no probe, no wait, as in a real kubelet."""
    delays = [
        float(probe.get("initialDelaySeconds") or 0)
        for container in spec.get("containers") or ()
        for probe in (container.get("readinessProbe"), container.get("startupProbe"))
        if probe
    ]
    return timing.ready + max(delays) if delays else 0.0


def workload_name(pod: Obj) -> str:
    """The name people use: of the Deployment for a ReplicaSet's pod, else of the owner, else the pod's."""
    meta = pod["metadata"]
    for owner in meta.get("ownerReferences") or ():
        if not owner.get("controller"):
            continue
        name = str(owner["name"])
        template_hash = (meta.get("labels") or {}).get("pod-template-hash")
        if owner.get("kind") == "ReplicaSet" and template_hash:
            return name.removesuffix(f"-{template_hash}")
        return name
    return str(meta.get("name") or "")
