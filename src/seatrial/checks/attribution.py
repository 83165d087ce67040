"""Says whom to ask: what manages the objects of a finding, and the teams that their labels name.

A label of the object itself comes before the same label of its namespace. Which labels name somebody
is the team's own choice (`CheckSettings.owner_labels`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property

from msgspec.structs import replace

from seatrial.checks.settings import CheckSettings
from seatrial.cluster.findings import Finding
from seatrial.cluster.models import Namespace
from seatrial.cluster.models.metadata import AnyObject, Metadata, decode
from seatrial.cluster.objects import GroupVersionKind, ObjectRef
from seatrial.cluster.ownership import Owner, owner_of
from seatrial.cluster.snapshot import ResourceList, Snapshot
from seatrial.errors import BadFormat


class Attribution:
    """Looks up the objects of findings in what was read; kinds are decoded when first asked for."""

    def __init__(self, snapshot: Snapshot, settings: CheckSettings) -> None:
        self._snapshot = snapshot
        self._labels = settings.owner_labels
        self._known: dict[tuple[str, str], dict[tuple[str, str], Metadata]] = {}

    def of(self, finding: Finding) -> Finding:
        """The finding with its owner, where all its objects have the same one, and whom to ask."""
        known = [(ref, self._metadata(ref)) for ref in finding.objects]
        owner = finding.owner or _common(owner_of(each) for _, each in known if each is not None)
        responsible = dict.fromkeys(
            name for ref, each in known for name in self._responsible(ref.namespace, each)
        )
        return replace(finding, owner=owner, responsible=tuple(sorted(responsible)))

    def _responsible(self, namespace: str, metadata: Metadata | None) -> Iterable[str]:
        own = metadata.labels if metadata is not None else {}
        inherited = self._namespace_labels.get(namespace, {})
        for label in self._labels:
            value = own.get(label) or inherited.get(label)
            if value:
                yield f"{label}={value}"

    @cached_property
    def _namespace_labels(self) -> dict[str, dict[str, str]]:
        if not self._labels:
            return {}
        return {
            each.name: each.labels
            for listed in self._snapshot.lists_of(Namespace.group_kind())
            for each in self._read(listed)
        }

    def _metadata(self, ref: ObjectRef) -> Metadata | None:
        group = GroupVersionKind.of(ref.api_version, ref.kind).group
        objects = self._known.get((group, ref.kind))
        if objects is None:
            objects = self._known[group, ref.kind] = {
                (each.namespace, each.name): each
                for listed in self._snapshot.resources
                if (listed.gvr.group, listed.kind) == (group, ref.kind)
                for each in self._read(listed)
            }
        return objects.get((ref.namespace, ref.name))

    def _read(self, listed: ResourceList) -> Iterator[Metadata]:
        """A damaged object names nobody; that it is damaged is said by the checks that read it."""
        for item in listed.items:
            with suppress(BadFormat):
                yield decode(AnyObject, item).metadata


def _common(owners: Iterable[Owner | None]) -> Owner | None:
    found = set(owners)
    return found.pop() if len(found) == 1 else None
