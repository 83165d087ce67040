"""Which managed service a cluster is of."""

import pytest
from tests.builders import a_node, a_snapshot
from tests.checks.reports import TARGET

from seatrial.catalog import api_catalog, releases
from seatrial.checks.check import Context
from seatrial.checks.provider_of import drain_limit, provider_of
from seatrial.cluster.provider_state import ProviderState
from seatrial.cluster.snapshot import Snapshot


def of(snapshot: Snapshot) -> tuple[str, int | None]:
    context = Context(TARGET, api_catalog(), releases(), snapshot)
    limit = drain_limit(context)
    return provider_of(context), limit.minutes if limit else None


@pytest.mark.parametrize(
    ("snapshot", "found"),
    [
        (a_snapshot(provider=ProviderState(kind="aks", version="1.36.4")), ("aks", 30)),
        (a_snapshot(provider=ProviderState(kind="kapsule", version="1.36.4")), ("kapsule", None)),
        (a_snapshot(version="v1.36.4-eks-1a2b3c"), ("eks", 15)),
        (a_snapshot(version="v1.36.4-gke.1095000"), ("gke", 60)),
        (a_snapshot(a_node(labels={"kubernetes.azure.com/cluster": "c"})), ("aks", 30)),
        (a_snapshot(a_node()), ("", None)),
        (a_snapshot(provider=ProviderState(kind="simulated", version="1.36.4")), ("", None)),
    ],
)
def test_provider_is_told_by_its_section_the_version_or_the_nodes(
    snapshot: Snapshot, found: tuple[str, int | None]
) -> None:
    assert of(snapshot) == found
