"""The fleet file: clusters, the stack of charts they all get, releases and strategies.

pydantic at the edge, because a person writes this file and wants all errors at once. Values here are
as written; `resolve` works out what one cluster gets, and `stages` which stage it belongs to.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic_core import CoreSchema

from seatrial.fleet.check_policy import ChecksSpec
from seatrial.fleet.durations import parse_duration
from seatrial.fleet.maintenance import MaintenanceSpec
from seatrial.fleet.written import SPELT, Duration, Name, Text

FLEET_FORMAT = 1

How = Literal["direct", "handoff", "observe"]
Selector = dict[str, str | tuple[str, ...]]


class _Model(BaseModel):
    model_config = SPELT


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
    name: Text
    email: str = ""
    role: str = ""


class Owner(_Model):
    """Who changes a resource: `direct` we do, `handoff` we write the change and wait, `observe` we only
    verify. A bare word in the file is the `how`."""

    how: How = "direct"
    by: str = ""
    """Who in words: terraform, argo-cd/infra."""
    write: Literal["", "branch", "file", "patch", "text"] = ""
    """How a handoff is written: a commit on a branch of its own, the file itself, a patch, or only words.
    When empty: `branch` with a repository, `patch` with a file alone, else `text`."""
    repository: str = ""
    """A local Git repository, relative to the fleet file; what it has checked out is never touched."""
    file: str = ""
    """Where the variable stands: .json, .yaml, .tfvars or .tf; within the repository, or else relative to
    the fleet file. `{cluster}` stands for the cluster's name, `{name}` for the node group or component."""
    variable: str = ""
    """Its name; dotted where it is nested: `spec.source.targetRevision`. Braces as in `file`."""
    base: str = ""
    """The branch that the change starts from; what the repository has checked out when empty."""
    push: str = ""
    """The remote that the branch is pushed to; nothing is ever pushed when empty."""

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:
        return {"how": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_enough(self) -> Self:
        problem = self._problem()
        if problem:
            raise ValueError(problem)
        return self

    def _problem(self) -> str:
        written = {"write", "repository", "file", "variable", "base", "push"} & self.model_fields_set
        if self.how != "handoff":
            return f"{', '.join(sorted(written))}: only a handoff is written" if written else ""
        if self.writes != "text" and not (self.file and self.variable):
            return f"a handoff written as {self.writes} needs a file and a variable"
        if self.writes == "branch" and not self.repository:
            return "a handoff written as branch needs a repository"
        if (self.base or self.push) and self.writes != "branch":
            return "base and push belong to a handoff that is written as branch"
        if self.repository and (self.file.startswith("/") or ".." in self.file.split("/")):
            return "the file is named within the repository, without a leading / and without .."
        return ""

    @property
    def writes(self) -> Literal["branch", "file", "patch", "text"]:
        """`write`, or what follows from the other fields."""
        if self.write:
            return self.write
        if self.repository:
            return "branch"
        return "patch" if self.file else "text"

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        written_out = handler.resolve_ref_schema(handler(core))
        return {"anyOf": [written_out["properties"]["how"], written_out]}

    def __str__(self) -> str:
        return f"{self.how} ({self.by})" if self.by else self.how


class Owners(_Model):
    """Who changes what on this cluster; `direct` unless said otherwise."""

    control_plane: Owner = Owner()
    node_groups: Owner = Owner()
    charts: Owner = Owner()
    by_node_group: dict[str, Owner] = {}
    """Node groups that differ from `nodeGroups`, by name."""
    by_component: dict[str, Owner] = {}
    """Components that differ from `charts` and from the stack, by name."""


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
    """Free labels for selectors; tier, provider, region and name are there without being written."""
    contacts: tuple[Contact, ...] = ()
    owners: Owners = Owners()
    values: dict[str, tuple[str, ...]] = {}
    """Extra values files per component, relative to the fleet file."""
    maintenance: MaintenanceSpec | None = None
    """When its upgrade may start; any time when it says nothing."""

    @property
    def selectable(self) -> dict[str, str]:
        """Every label that a selector may name."""
        own = {
            "name": self.name,
            "tier": self.tier.value,
            "provider": self.provider.kind,
            "region": self.provider.region,
        }
        return {**self.labels, **own}

    @field_validator("labels")
    @classmethod
    def _not_reserved(cls, labels: dict[str, str]) -> dict[str, str]:
        taken = sorted({"name", "tier", "provider", "region"} & labels.keys())
        if taken:
            raise ValueError(
                f"{', '.join(taken)}: selectors take this from the field of that name; remove it"
            )
        return labels


class ComponentSpec(_Model):
    """A chart that every cluster gets."""

    name: Name
    namespace: Text
    release: str = ""
    """Helm release name; the component's name when empty."""
    chart: Text
    """Folder or .tgz, relative to the fleet file."""
    values: tuple[str, ...] = ()
    """Values files, relative to the fleet file; later ones win."""
    owner: Owner | None = None
    """Who upgrades it on every cluster that does not say otherwise under `owners.byComponent`."""


class ReleaseSpec(_Model):
    """An immutable target."""

    name: Name
    kubernetes: str
    """A minor or patch version, such as 1.34 or 1.34.2."""
    node_image: str = ""
    charts: dict[str, str] = {}
    """Component name → chart folder or .tgz at its new version; others stay as the stack says."""
    values: dict[str, tuple[str, ...]] = {}
    """Component name → values files that its new chart needs, after the stack's and before the cluster's."""


class StageSpec(_Model):
    name: Name
    selector: Selector = {}
    """Labels that a cluster must carry (a list: any of them); `tier` matches the tier. Empty selects every
    cluster left: each cluster belongs to the first stage that selects it."""
    max_concurrent: Annotated[int, Field(ge=1)] = 1
    canary: Annotated[int, Field(ge=0)] = 0
    """Clusters that go first, alone; the rest start when they succeeded."""
    max_failures: Annotated[int, Field(ge=0)] = 0
    """Failed clusters that the stage bears; one more pauses the rollout."""
    soak: Duration = "0s"
    """How long the whole stage must stay healthy before the next starts: 30m, 12h, 3d."""
    approval: bool = False
    """A person must approve before the stage starts."""
    rehearse: bool = False
    """Rehearse each cluster's plan right before its turn; one that would fail is not started."""
    maintenance: MaintenanceSpec | None = None
    """When clusters of this stage may start; where a cluster has its own, both have to be open."""

    @property
    def soak_time(self) -> timedelta:
        return parse_duration(self.soak)


class StrategySpec(_Model):
    name: Name
    scope: Selector = {}
    """Labels of the clusters that this strategy is about; the others are left out on purpose."""
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1)]
    fixes: tuple[str, ...] = ()
    """Ids of checks whose safe fixes may be applied; off by default."""
    remind_every: Duration = "1d"
    """How often whoever a cluster waits for is reminded."""

    @property
    def remind_time(self) -> timedelta:
        return parse_duration(self.remind_every)


class Fleet(_Model):
    format: int = FLEET_FORMAT
    name: Name = "fleet"
    clusters: Annotated[tuple[ClusterSpec, ...], Field(min_length=1)]
    stack: tuple[ComponentSpec, ...] = ()
    releases: tuple[ReleaseSpec, ...] = ()
    strategies: tuple[StrategySpec, ...] = ()
    checks: ChecksSpec = ChecksSpec()
    """What the team decides about `seatrial check`, here and in rollouts."""
