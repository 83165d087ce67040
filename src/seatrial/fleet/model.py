"""The fleet file: clusters, the stack of charts they all get, releases and strategies.

pydantic at the edge, because a person writes this file and wants all errors at once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FLEET_FORMAT = 1
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, alias_generator=lambda n: _camel(n)
    )


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


class Tier(StrEnum):
    TEST = "test"
    NON_PRODUCTION = "non-production"
    PRODUCTION = "production"


class ProviderRef(_Model):
    kind: Literal["eks", "gke", "aks", "kapsule", "simulated"]
    region: str = ""
    id: str = ""
    """The provider's own name of the cluster, where it differs from ours."""


class Contact(_Model):
    name: str
    email: str = ""
    role: str = ""


class Owners(_Model):
    """Who changes what on this cluster; `direct` unless said otherwise."""

    control_plane: Literal["direct", "handoff", "observe"] = "direct"
    node_groups: Literal["direct", "handoff", "observe"] = "direct"
    charts: Literal["direct", "handoff", "observe"] = "direct"


class ClusterSpec(_Model):
    name: Name
    provider: ProviderRef
    version: str
    """The minor that we believe it runs; a different one found is reported."""
    tier: Tier
    architectures: tuple[Literal["amd64", "arm64"], ...] = ("amd64",)
    context: str = ""
    """kubeconfig context; the cluster's name when empty."""
    labels: dict[str, str] = {}
    contacts: tuple[Contact, ...] = ()
    owners: Owners = Owners()
    values: dict[str, tuple[str, ...]] = {}
    """Extra values files per component, relative to the fleet file."""


class ComponentSpec(_Model):
    """A chart that every cluster gets."""

    name: Name
    namespace: str
    release: str = ""
    """Helm release name; the component's name when empty."""
    chart: str
    """Folder or .tgz, relative to the fleet file."""
    values: tuple[str, ...] = ()
    owner: Literal["direct", "handoff", "observe"] | None = None


class ReleaseSpec(_Model):
    """An immutable target."""

    name: Name
    kubernetes: str
    """A minor or patch version, such as 1.34 or 1.34.2."""
    node_image: str = ""
    charts: dict[str, str] = {}
    """Component name → chart folder or .tgz at its new version; others stay as the stack says."""


class StageSpec(_Model):
    name: Name
    selector: dict[str, str] = {}
    """Labels that a cluster must carry; `tier` matches the tier. Empty selects every cluster left."""
    max_concurrent: Annotated[int, Field(ge=1)] = 1
    canary: Annotated[int, Field(ge=0)] = 0
    """Clusters that go first, alone; the rest start when they succeeded."""
    max_failures: Annotated[int, Field(ge=0)] = 0
    """Failed clusters that the stage bears; one more stops the rollout."""
    soak: str = "0s"
    """How long the whole stage must stay healthy before the next starts: 30m, 12h, 3d."""
    approval: bool = False
    """A person must approve before the stage starts."""


class StrategySpec(_Model):
    name: Name
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1)]
    fixes: tuple[str, ...] = ()
    """Ids of checks whose safe fixes may be applied; off by default."""


class Fleet(_Model):
    format: int = FLEET_FORMAT
    name: Name = "fleet"
    clusters: Annotated[tuple[ClusterSpec, ...], Field(min_length=1)]
    stack: tuple[ComponentSpec, ...] = ()
    releases: tuple[ReleaseSpec, ...] = ()
    strategies: tuple[StrategySpec, ...] = ()
