"""Which node a pod goes to, as pure functions over what the scheduler knows of nodes and pods."""

from seatrial.simulator.scheduling.load import ClusterLoad, NodeLoad
from seatrial.simulator.scheduling.place import NoNode, find_node, node_suits_daemon
from seatrial.simulator.scheduling.pods import PodNeeds, needs_of, requests_of
from seatrial.simulator.scheduling.preempt import Preemption, find_victims

__all__ = [
    "ClusterLoad",
    "NoNode",
    "NodeLoad",
    "PodNeeds",
    "Preemption",
    "find_node",
    "find_victims",
    "needs_of",
    "node_suits_daemon",
    "requests_of",
]
