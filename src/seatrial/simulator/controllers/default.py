"""The set of controllers that a real cluster runs, as one control loop."""

from __future__ import annotations

from collections.abc import Callable

from seatrial.simulator.cluster import SimulatedCluster
from seatrial.simulator.controllers.apiservices import ApiServices
from seatrial.simulator.controllers.autoscalers import Autoscalers
from seatrial.simulator.controllers.budgets import DisruptionBudgets
from seatrial.simulator.controllers.cronjobs import CronJobs
from seatrial.simulator.controllers.daemonsets import DaemonSets
from seatrial.simulator.controllers.deployments import Deployments
from seatrial.simulator.controllers.endpoints import ServiceEndpoints
from seatrial.simulator.controllers.garbage import GarbageCollector
from seatrial.simulator.controllers.jobs import Jobs
from seatrial.simulator.controllers.kubelet import Kubelets
from seatrial.simulator.controllers.loadbalancers import LoadBalancers
from seatrial.simulator.controllers.loads import Loads
from seatrial.simulator.controllers.loop import ControlLoop
from seatrial.simulator.controllers.namespaces import Namespaces
from seatrial.simulator.controllers.nodes import Nodes
from seatrial.simulator.controllers.plane import Plane
from seatrial.simulator.controllers.replicasets import ReplicaSets
from seatrial.simulator.controllers.scheduler import Scheduler
from seatrial.simulator.controllers.statefulsets import StatefulSets
from seatrial.simulator.controllers.volumes import VolumeBinder
from seatrial.simulator.faults import NoPodFaults, PodFaults
from seatrial.simulator.workload_model import WorkloadModel


def default_controllers(
    model: WorkloadModel | None = None,
) -> tuple[Callable[[SimulatedCluster], ControlLoop], ...]:
    """What `SimulatedCluster(controllers=...)` takes; pods take their time from `model`."""
    return (lambda cluster: control_loop(cluster, model or WorkloadModel()),)


def control_loop(cluster: SimulatedCluster, model: WorkloadModel) -> ControlLoop:
    faults = cluster.faults if isinstance(cluster.faults, PodFaults) else NoPodFaults()
    plane = Plane(cluster.store, cluster.verbs, cluster.clock, model, faults)
    loads = Loads()
    return ControlLoop(
        plane,
        (
            loads,  # first: the others read it
            Namespaces(plane),
            Autoscalers(plane),
            Deployments(plane),
            ReplicaSets(plane),
            StatefulSets(plane),
            DaemonSets(plane, loads),
            CronJobs(plane),
            Jobs(plane),
            VolumeBinder(plane),
            Scheduler(plane, loads),
            Kubelets(plane, loads),
            Nodes(plane, loads),
            ServiceEndpoints(plane),
            ApiServices(plane),
            LoadBalancers(plane),
            DisruptionBudgets(plane),
            GarbageCollector(plane),
        ),
    )
