"""`seatrial simulator serve`: simulated clusters for kubectl, Helm and any Kubernetes client."""

from __future__ import annotations

from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Serve simulated Kubernetes clusters.")


@app.callback()
def _simulator() -> None:
    pass


@app.command()
def serve(
    clusters: int = typer.Option(1, min=1, max=500, help="How many clusters to serve: sim-1, sim-2 …"),
    cluster: list[str] = typer.Option(
        [], metavar="NAME=MINOR", help="Serve a cluster of that name and minor, as prod=1.33 (repeatable)."
    ),
    minor: str = typer.Option("1.37", help="The minor of clusters that do not name their own."),
    nodes: int = typer.Option(3, min=0, max=5000, help="Nodes of each cluster."),
    provider: str = typer.Option(
        "eks", help="The managed service that each imitates, for plan and apply: eks, gke, aks or kapsule."
    ),
    provider_faults: Path | None = typer.Option(
        None, metavar="FILE", help="JSON: cluster → failures that only its provider knows about."
    ),
    faults: Path | None = typer.Option(
        None, metavar="FILE", help="YAML or JSON: cluster → what its API and its pods do wrong."
    ),
    kubeconfig_out: Path = typer.Option(
        Path("seatrial-simulator.kubeconfig"), help="Where to write the kubeconfig (mode 0600)."
    ),
    port: int = typer.Option(0, min=0, max=65535, help="Port on 127.0.0.1; 0 chooses a free one."),
    speed: float = typer.Option(1.0, help="Simulated seconds per second."),
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
        announce=typer.echo,
    )
