"""What the provider says about node groups, addresses and quotas."""

from typing import Any

from tests.builders import a_node, a_snapshot
from tests.checks.corpus import Case, run
from tests.checks.rules.nodes import EKS

from seatrial.cluster.provider_state import NodeGroup, PodRange, ProviderState, Quota, Subnet
from seatrial.cluster.snapshot import Snapshot

UNWELL, ADDRESSES, QUOTA = "node-group-unwell", "addresses-exhausted", "quota-exhausted"


def a_group(**fields: Any) -> NodeGroup:
    given = {"name": "workers", "version": "1.36.4", "size": 2, "min_size": 2, "max_size": 4, **fields}
    return NodeGroup(**given)


def a_cluster(group: NodeGroup | None = None, **fields: Any) -> Snapshot:
    """Two nodes of four cores in one group."""
    provider = ProviderState(kind="eks", version="1.36.4", node_groups=(group or a_group(),), **fields)
    return a_snapshot(a_node("n1", labels=EKS), a_node("n2", labels=EKS), provider=provider)


def subnet(free: int, **fields: Any) -> tuple[Subnet, ...]:
    return (Subnet(name="a", free_addresses=free, **fields),)


def cores(used: float, **fields: Any) -> tuple[Quota, ...]:
    return (Quota(name="vCPUs", counts="cpu", used=used, limit=16, **fields),)


CASES = (
    Case(
        check=UNWELL,
        name="a degraded node group",
        severities=("warning",),
        snapshot=a_cluster(a_group(status="degraded", health=("InsufficientFreeAddresses",))),
    ),
    Case(
        check=UNWELL,
        name="a complaint, an update under way, a drifted template and an image of one's own",
        severities=("warning",) * 4,
        snapshot=a_cluster(
            a_group(
                status="updating",
                health=("AutoScalingGroupNotFound",),
                template_version="3",
                newest_template_version="7",
                own_image=True,
            )
        ),
    ),
    Case(
        check=UNWELL,
        name="a healthy group with the newest template and an image already built for the target",
        severities=(),
        snapshot=a_cluster(
            a_group(version="1.37.0", template_version="7", newest_template_version="7", own_image=True)
        ),
    ),
    Case(
        check=UNWELL,
        name="a group that is half upgraded, seen without a provider",
        severities=("warning",),
        snapshot=a_snapshot(a_node("n1", labels=EKS), a_node("n2", labels=EKS, kubelet="v1.35.2")),
    ),
    Case(
        check=UNWELL,
        name="nodes of Karpenter, which come one by one",
        severities=(),
        snapshot=a_snapshot(
            a_node("n1", labels={"karpenter.sh/nodepool": "default"}),
            a_node("n2", labels={"karpenter.sh/nodepool": "default"}, kubelet="v1.35.2"),
        ),
    ),
    Case(check=UNWELL, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=ADDRESSES,
        name="three addresses left for the control plane",
        severities=("warning",),
        snapshot=a_cluster(subnets=subnet(3, for_control_plane=True)),
    ),
    Case(
        check=ADDRESSES,
        name="no address left for the control plane",
        severities=("blocker",),
        snapshot=a_cluster(subnets=subnet(0, for_control_plane=True)),
    ),
    Case(
        check=ADDRESSES,
        name="no address left for a node that must come first",
        severities=("blocker",),
        snapshot=a_cluster(a_group(subnets=("a",)), subnets=subnet(0)),
    ),
    Case(
        check=ADDRESSES,
        name="fewer addresses than the surge could use",
        severities=("warning",),
        snapshot=a_cluster(a_group(subnets=("a",), max_surge=2), subnets=subnet(1)),
    ),
    Case(
        check=ADDRESSES,
        name="no address left, and a group that drains first",
        severities=(),
        snapshot=a_cluster(a_group(subnets=("a",), max_surge=0, max_unavailable=1), subnets=subnet(0)),
    ),
    Case(
        check=ADDRESSES,
        name="a pod range whose last block is taken",
        severities=("blocker",),
        snapshot=a_cluster(pod_ranges=(PodRange(cidr="10.4.0.0/23", block_prefix=24),)),
    ),
    Case(
        check=ADDRESSES,
        name="enough of everything",
        severities=(),
        snapshot=a_cluster(
            a_group(subnets=("a",)),
            subnets=subnet(20, for_control_plane=True),
            pod_ranges=(PodRange(cidr="10.4.0.0/22", block_prefix=24),),
        ),
    ),
    Case(check=ADDRESSES, name="a provider that says nothing", severities=(), snapshot=a_cluster()),
    Case(check=ADDRESSES, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=QUOTA,
        name="two cores left for nodes of four",
        severities=("blocker",),
        snapshot=a_cluster(quotas=cores(14)),
    ),
    Case(
        check=QUOTA,
        name="cores for one node of the two that the surge adds",
        severities=("warning",),
        snapshot=a_cluster(a_group(max_surge=2), quotas=cores(12)),
    ),
    Case(check=QUOTA, name="cores for the surge", severities=(), snapshot=a_cluster(quotas=cores(12))),
    Case(
        check=QUOTA,
        name="a used-up quota that other groups draw on",
        severities=(),
        snapshot=a_cluster(quotas=cores(16, node_groups=("gpu",))),
    ),
    Case(
        check=QUOTA,
        name="a used-up quota of something that nodes do not tell",
        severities=(),
        snapshot=a_cluster(quotas=(Quota(name="GPUs", counts="gpu", used=8, limit=8),)),
    ),
    Case(check=QUOTA, name="an empty cluster", severities=(), snapshot=a_snapshot()),
)


def test_message_says_what_is_left_and_what_a_node_takes() -> None:
    found = run(next(case for case in CASES if case.name.startswith("two cores"))).findings
    assert found[0].message == (
        "vCPUs: 2 of 16 left. Node group workers adds 1 node at a time and takes 4 (4 a node);"
        " short for workers."
    )
