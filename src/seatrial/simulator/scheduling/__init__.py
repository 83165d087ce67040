"""Which node a pod goes to, as pure functions over what the scheduler knows of nodes and pods."""

from seatrial.simulator.scheduling.load import ClusterLoad, NodeLoad
from seatrial.simulator.scheduling.place import NoNode, find_node, node_suits_daemon
from seatrial.simulator.scheduling.pods import PodNeeds, needs_of, requests_of

__all__ = [
    "ClusterLoad",
    "NoNode",
    "NodeLoad",
    "PodNeeds",
    "find_node",
    "needs_of",
    "node_suits_daemon",
    "requests_of",
]
