"""`seatrial simulator serve`: simulated clusters for kubectl, Helm and any Kubernetes client."""

from __future__ import annotations

from pathlib import Path

import click

from seatrial.cli.options import PATH, Between, Group, option


@click.group(cls=Group)
def simulator() -> None:
    """Serve simulated Kubernetes clusters."""


@simulator.command()
@option(
    "--clusters",
    type=Between(1, 500),
    default=1,
    help="How many clusters to serve: sim-1, sim-2 …",
)
@option(
    "--cluster",
    metavar="NAME=MINOR",
    multiple=True,
    help="Serve a cluster of that name and minor, as prod=1.33 (repeatable).",
)
@option("--minor", default="1.37", help="The minor of clusters that do not name their own.")
@option("--nodes", type=Between(0, 5000), default=3, help="Nodes of each cluster.")
@option(
    "--provider",
    default="eks",
    help="The managed service that each imitates, for plan and apply: eks, gke, aks or kapsule.",
)
@option(
    "--provider-faults",
    metavar="FILE",
    type=PATH,
    help="JSON: cluster → failures that only its provider knows about.",
)
@option(
    "--faults", metavar="FILE", type=PATH, help="YAML or JSON: cluster → what its API and its pods do wrong."
)
@option(
    "--kubeconfig-out",
    type=PATH,
    default=Path("seatrial-simulator.kubeconfig"),
    help="Where to write the kubeconfig (mode 0600).",
)
@option(
    "--port",
    type=Between(0, 65535),
    default=0,
    help="Port on 127.0.0.1; 0 chooses a free one.",
)
@option("--speed", type=float, default=1.0, help="Simulated seconds per second.")
def serve(
    clusters: int,
    cluster: tuple[str, ...],
    minor: str,
    nodes: int,
    provider: str,
    provider_faults: Path | None,
    faults: Path | None,
    kubeconfig_out: Path,
    port: int,
    speed: float,
) -> None:
    """Serve clusters until interrupted, with a kubeconfig that has a context for each."""
    from seatrial.providers.simulated import flavour, read_faults
    from seatrial.simulator.fault_file import read_fault_plans
    from seatrial.simulator.serving import read_clusters, serve_clusters
    from seatrial.wiring.simulated import managed_guest, refuse_unknown_targets, refuse_unserved

    wanted = read_clusters(cluster, count=clusters, minor=minor)
    names = {name for name, _ in wanted}
    of_providers = read_faults(provider_faults) if provider_faults is not None else {}
    of_clusters = read_fault_plans(faults) if faults is not None else {}
    if provider_faults is not None:
        refuse_unserved(of_providers, names, provider_faults)
        refuse_unknown_targets(of_providers, provider_faults)
    if faults is not None:
        refuse_unserved(of_clusters, names, faults)
    chosen = flavour(provider)
    serve_clusters(
        wanted,
        build=lambda name, line, clock: managed_guest(
            name,
            line,
            clock,
            chosen,
            nodes=nodes,
            provider_faults=of_providers.get(name, []),
            faults=of_clusters.get(name),
        ),
        kubeconfig=kubeconfig_out,
        port=port,
        speed=speed,
        announce=click.echo,
    )
