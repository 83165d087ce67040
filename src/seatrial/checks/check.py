"""What a check is: a named function from what was read to findings, in a file of its own.

The file's docstring is the check's documentation page. A check declares what it reads; where one of
those things could not be read the framework reports it as incomplete, so that a check never has to
tell "there is none" from "I was not allowed to look".
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import StrEnum

import msgspec

from seatrial.catalog import ApiCatalog, ReleaseCatalog
from seatrial.checks.settings import DEFAULT_SETTINGS, CheckSettings
from seatrial.cluster.audit import AuditLog
from seatrial.cluster.findings import Evidence, Finding, Incomplete, Severity
from seatrial.cluster.manifests import Manifest
from seatrial.cluster.models.metadata import R, Resource
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.ownership import Owner
from seatrial.cluster.proposal import Proposal
from seatrial.cluster.snapshot import ResourceList, Snapshot
from seatrial.cluster.version import Minor

_ID = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")


class Profile(StrEnum):
    """Which question a check answers."""

    READINESS = "readiness"
    """Will the upgrade break this?"""
    HAPPY_PATH = "happy-path"
    """Does this stay with what a small team can keep boring?"""


class Section(StrEnum):
    """What a check can read besides typed kinds."""

    CLUSTER = "cluster"
    """The snapshot itself: versions, date, metadata of whatever was read."""
    METRICS = "metrics"
    """The API servers' own metrics."""
    RELEASES = "releases"
    """Helm's records."""
    PROVIDER = "provider"
    """What the provider says; many clusters have none, which is no gap."""
    MANIFESTS = "manifests"
    """Objects in files."""
    CUSTOM_RESOURCES = "custom-resources"
    """Objects of kinds that Kubernetes itself does not define, whatever they are."""
    AUDIT = "audit"
    """Files of the API servers' audit log; a check that reads them runs only when some are given."""


class Context(msgspec.Struct, frozen=True):
    """What a check may look at: everything it declared was read, at least in part."""

    target: Minor
    apis: ApiCatalog
    known_releases: ReleaseCatalog
    snapshot: Snapshot
    """The cluster; or the objects of the files, for a check that may look into files too (`in_files`)."""
    manifests: tuple[Manifest, ...] = ()
    audit: AuditLog | None = None
    settings: CheckSettings = DEFAULT_SETTINGS
    beside: Snapshot | None = None
    """The cluster that the files go with, while a check looks at files; None without one."""

    @property
    def now(self) -> datetime:
        """When the cluster was read."""
        return self.snapshot.meta.captured_at

    def read(self, kind: type[R]) -> tuple[R, ...]:
        return self.snapshot.read(kind)

    def custom_resources(self) -> Iterator[ResourceList]:
        """Lists of kinds that Kubernetes itself does not define; `snapshot.objects(kind)` decodes one."""
        return (each for each in self.snapshot.resources if not self.apis.is_builtin(each.gvr.group))

    def can_see(self, kind: type[Resource], namespace: str) -> bool:
        """Whether this kind was read in this namespace: only then does its absence mean anything."""
        return not any(each.namespace in ("", namespace) for each in self.snapshot.unread_of(kind))


Found = Iterable[Finding | Incomplete]


class Check(msgspec.Struct, frozen=True):
    id: str
    title: str
    reads: tuple[type[Resource] | Section, ...]
    uses_facts: bool
    """It asks the catalogue about the target: past the horizon its silence means nothing."""
    function: Callable[[Check, Context], Found]
    docstring: str
    """Of its file."""
    in_files: bool = False
    """It looks at objects as they are written, so it runs over files too."""
    profile: Profile = Profile.READINESS

    @property
    def page(self) -> str:
        """Documentation: what, why, how to fix, source."""
        return inspect.cleandoc(self.docstring)

    @property
    def needs_more_than_a_cluster(self) -> bool:
        return Section.MANIFESTS in self.reads or Section.AUDIT in self.reads

    def finding(
        self,
        severity: Severity,
        message: str,
        *,
        title: str = "",
        objects: Iterable[ObjectRef] = (),
        evidence: Evidence = Evidence.STATE,
        owner: Owner | None = None,
        owners: Iterable[Owner] = (),
        fix: str = "",
        source: str = "",
        location: str = "",
        proposals: Iterable[Proposal] = (),
    ) -> Finding:
        """`owners` may be one, or none; `owner` is for what has one in any case."""
        all_owners = tuple(owners)
        return Finding(
            check=self.id,
            severity=severity,
            title=title or self.title,
            message=message,
            objects=tuple(sorted(set(objects))),
            evidence=evidence,
            owner=all_owners[0] if len(all_owners) == 1 else owner,
            owners=all_owners if len(all_owners) > 1 else (),
            fix=fix,
            source=source,
            location=location,
            proposals=tuple(proposals),
        )

    def incomplete(self, what: str, why: str, *, next_step: str = "", location: str = "") -> Incomplete:
        return Incomplete(check=self.id, what=what, why=why, next_step=next_step, location=location)


def check(
    *,
    id: str,
    title: str,
    reads: tuple[type[Resource] | Section, ...],
    uses_facts: bool = False,
    in_files: bool = False,
    profile: Profile = Profile.READINESS,
) -> Callable[[Callable[[Check, Context], Found]], Check]:
    """Make a check of a function; its module's docstring becomes the page."""
    if not _ID.match(id):
        raise ValueError(f"{id!r} is not a kebab-case id")

    def made(function: Callable[[Check, Context], Found]) -> Check:
        docstring = sys.modules[function.__module__].__doc__ or ""
        return Check(id, title, reads, uses_facts, function, docstring, in_files, profile)

    return made
