"""Reads the file that plants faults in served clusters: YAML or JSON, cluster → fault plan."""

from __future__ import annotations

from pathlib import Path

import ryaml

from seatrial.errors import BadInput
from seatrial.simulator.faults import FaultPlan, read_fault_plan

_EXAMPLE = "Write CLUSTER: {api: […], workloads: […], quotas: […]}; docs/simulator.md has an example."


def read_fault_plans(path: Path) -> dict[str, FaultPlan]:
    """By cluster; raise `BadInput` that says which cluster and field is wrong."""
    try:
        data = ryaml.loads(path.read_text(encoding="utf-8"))  # JSON is YAML
    except OSError as error:
        raise BadInput(f"{error.strerror}.", where=str(path), next_step="Check the path.") from error
    except ValueError as error:
        raise BadInput(
            f"this is neither YAML nor JSON: {error}.",
            where=str(path),
            next_step="Correct it and try again.",
        ) from None
    if not isinstance(data, dict):
        raise BadInput("this is not a file of faults by cluster.", where=str(path), next_step=_EXAMPLE)
    return {str(cluster): read_fault_plan(plan, where=f"{path}: {cluster}") for cluster, plan in data.items()}
