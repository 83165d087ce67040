"""A managed Kubernetes service played in memory, in the flavours of EKS, GKE, AKS and Kapsule."""

from seatrial.providers.simulated.faults import FaultPlan, ProviderFault, read_faults
from seatrial.providers.simulated.flavours import FLAVOURS, Flavour, Timings, flavour
from seatrial.providers.simulated.provider import SimulatedProvider

__all__ = [
    "FLAVOURS",
    "FaultPlan",
    "Flavour",
    "ProviderFault",
    "SimulatedProvider",
    "Timings",
    "flavour",
    "read_faults",
]
