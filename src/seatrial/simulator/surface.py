"""Which groups, versions and resources one cluster serves: those of its minor, and its CRDs.

Lifecycles come from the catalogue; what the catalogue does not say of a built-in resource (its
subresources, categories and verbs) is stated here once. CRDs register and leave at run time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from types import MappingProxyType

from seatrial.catalog import ApiLifecycle, api_catalog
from seatrial.cluster.objects import GroupVersionKind, GroupVersionResource
from seatrial.cluster.version import Minor
from seatrial.simulator.store import ResourceKey

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Served:
    """One resource in one served version, as discovery shows it.

    `key` is where its objects are stored: the same for every version, and for the two groups of
    Event. `custom` names the CRD that defines it, empty for a built-in; `stored` marks the version
    in which the CRD says to keep objects, `hidden` one that it defines but does not serve.
    """

    gvr: GroupVersionResource
    kind: str
    key: ResourceKey
    namespaced: bool
    singular: str
    verbs: tuple[str, ...] = ALL_VERBS
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    deprecated: Minor | None = None
    removed: Minor | None = None
    deprecation_warning: str = ""
    custom: str = ""
    stored: bool = False
    hidden: bool = False

    @property
    def gvk(self) -> GroupVersionKind:
        return GroupVersionKind(self.gvr.group, self.gvr.version, self.kind)


class Surface:
    """`find` a resource by group, version and plural; `all_apis` switches on alphas and betas too."""

    def __init__(self, minor: Minor, *, all_apis: bool = False) -> None:
        self.minor = minor
        self.all_apis = all_apis
        self._built_in = _built_in(minor, all_apis)
        self._custom: dict[str, tuple[Served, ...]] = {}
        self._by_gvr: dict[GroupVersionResource, Served] = dict(self._built_in)
        self._by_key: dict[tuple[ResourceKey, str], Served] | None = None
        self.generation = 0  # rises whenever discovery documents change

    def find(self, group: str, version: str, resource: str) -> Served | None:
        return self._by_gvr.get(GroupVersionResource(group, version, resource))

    def version_of(self, key: ResourceKey, api_version: str) -> Served | None:
        """The served version of a stored resource that `apiVersion` names."""
        return self._versions().get((key, api_version))

    def storage(self, key: ResourceKey) -> Served | None:
        """The version in which a resource's objects are kept: its CRD's choice, or the preferred one."""
        return self._versions().get((key, ""))

    def by_kind(self, gvk: GroupVersionKind) -> Served | None:
        return next((s for s in self._by_gvr.values() if s.gvk == gvk), None)

    def resources(self) -> Iterable[Served]:
        return self._by_gvr.values()

    def groups(self) -> dict[str, list[str]]:
        """Groups in discovery order, each with its versions, preferred first."""
        found: dict[str, set[str]] = {}
        for gvr in self._by_gvr:
            found.setdefault(gvr.group, set()).add(gvr.version)
        order = sorted(found, key=lambda group: (_GROUP_RANK.get(group, 1000), group))
        return {group: sorted(found[group], key=version_rank, reverse=True) for group in order}

    def in_version(self, group: str, version: str) -> list[Served]:
        found = [s for s in self._by_gvr.values() if s.gvr[:2] == (group, version)]
        return sorted(found, key=lambda served: served.gvr.resource)

    def define(self, crd: str, served: Iterable[Served]) -> None:
        """Serve what the CRD named `crd` defines, in place of what it defined before."""
        self.undefine(crd)
        self._custom[crd] = tuple(s for s in served if s.gvr not in self._built_in)
        self._by_gvr |= {s.gvr: s for s in self._custom[crd] if not s.hidden}
        self._changed()

    def undefine(self, crd: str) -> None:
        for served in self._custom.pop(crd, ()):
            self._by_gvr.pop(served.gvr, None)
        self._changed()

    def _changed(self) -> None:
        self.generation += 1
        self._by_key = None

    def _versions(self) -> dict[tuple[ResourceKey, str], Served]:
        if self._by_key is None:
            found: dict[tuple[ResourceKey, str], Served] = {}
            everything = chain(self._built_in.values(), *self._custom.values())
            for served in sorted(everything, key=_storage_rank):
                if not served.hidden:
                    found[served.key, served.gvr.api_version] = served
                found[served.key, ""] = served  # the highest ranked comes last
            self._by_key = found
        return self._by_key


_VERSION = re.compile(r"^v(\d+)(?:(alpha|beta)(\d+))?$")


def version_rank(version: str) -> tuple[int, int, int, str]:
    """Orders versions as discovery does: GA over beta over alpha, then by number; others last."""
    found = _VERSION.match(version)
    if not found:
        return (0, 0, 0, "".join(chr(0x10FFFF - ord(c)) for c in version))
    stage = {None: 3, "beta": 2, "alpha": 1}[found[2]]
    return (stage, int(found[1]), int(found[3] or 0), "")


def _storage_rank(served: Served) -> tuple[bool, bool, tuple[int, int, int, str]]:
    return (served.stored, served.gvr.group == served.key.group, version_rank(served.gvr.version))


@cache
def _built_in(minor: Minor, all_apis: bool) -> Mapping[GroupVersionResource, Served]:
    served = {}
    for entry in api_catalog().kinds(minor):
        if entry.resource and not entry.subresource_of and (entry.on_by_default or all_apis):
            one = _served(entry, minor)
            served[one.gvr] = one
    return MappingProxyType(served)


def _served(entry: ApiLifecycle, minor: Minor) -> Served:
    group, version, kind = entry.gvk
    key = ResourceKey(group, entry.resource)
    extra = [name for name, since in _SUBRESOURCES.get(str(key), {}).items() if since <= minor]
    deprecated = entry.deprecated if entry.deprecated_in(minor) else None
    # Binding and ComponentStatus are deprecated in words only, the server warns of the second.
    if key.resource == "bindings":
        deprecated = None
    return Served(
        gvr=GroupVersionResource(group, version, entry.resource),
        kind=kind,
        key=_SHARED_STORAGE.get(key, key),
        namespaced=entry.namespaced,
        singular=kind.lower(),
        verbs=_VERBS.get(entry.resource, ALL_VERBS),
        short_names=entry.short_names,
        categories=_CATEGORIES.get(str(key), ()),
        subresources=tuple(sorted(extra)),
        deprecated=deprecated,
        removed=entry.removed,
        deprecation_warning=_warning(entry) if deprecated else "",
    )


def _warning(entry: ApiLifecycle) -> str:
    """The text of the Warning header, as the API server words it."""
    text = f"{entry.gvk} is deprecated in v{entry.deprecated}+"
    if entry.removed is not None:
        text += f", unavailable in v{entry.removed}+"
    if entry.replacement is not None:
        text += f"; use {entry.replacement}"
    return text


_SHARED_STORAGE = {
    ResourceKey("events.k8s.io", "events"): ResourceKey("", "events"),
    ResourceKey("extensions", "ingresses"): ResourceKey("networking.k8s.io", "ingresses"),
}

_CREATE_ONLY = ("create",)
_VERBS = {
    "bindings": _CREATE_ONLY,
    "tokenreviews": _CREATE_ONLY,
    "selfsubjectreviews": _CREATE_ONLY,
    "subjectaccessreviews": _CREATE_ONLY,
    "selfsubjectaccessreviews": _CREATE_ONLY,
    "selfsubjectrulesreviews": _CREATE_ONLY,
    "localsubjectaccessreviews": _CREATE_ONLY,
    "componentstatuses": ("get", "list"),
}

_ALWAYS = Minor(1, 0)
_STATUS = {"status": _ALWAYS}
_SCALED = {"scale": _ALWAYS, "status": _ALWAYS}
_SUBRESOURCES: dict[str, dict[str, Minor]] = {
    "pods": {
        **dict.fromkeys(
            ("attach", "binding", "eviction", "exec", "log", "portforward", "proxy", "status"), _ALWAYS
        ),
        "ephemeralcontainers": Minor(1, 23),
        "resize": Minor(1, 33),
    },
    "nodes": {"proxy": _ALWAYS, "status": _ALWAYS},
    "services": {"proxy": _ALWAYS, "status": _ALWAYS},
    "namespaces": {"finalize": _ALWAYS, "status": _ALWAYS},
    "serviceaccounts": {"token": _ALWAYS},
    "persistentvolumes": _STATUS,
    "persistentvolumeclaims": _STATUS,
    "resourcequotas": _STATUS,
    "replicationcontrollers": _SCALED,
    "deployments.apps": _SCALED,
    "replicasets.apps": _SCALED,
    "statefulsets.apps": _SCALED,
    "daemonsets.apps": _STATUS,
    "jobs.batch": _STATUS,
    "cronjobs.batch": _STATUS,
    "horizontalpodautoscalers.autoscaling": _STATUS,
    "poddisruptionbudgets.policy": _STATUS,
    "ingresses.networking.k8s.io": _STATUS,
    "servicecidrs.networking.k8s.io": _STATUS,
    "certificatesigningrequests.certificates.k8s.io": {"approval": _ALWAYS, "status": _ALWAYS},
    "customresourcedefinitions.apiextensions.k8s.io": _STATUS,
    "apiservices.apiregistration.k8s.io": _STATUS,
    "flowschemas.flowcontrol.apiserver.k8s.io": _STATUS,
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": _STATUS,
    "volumeattachments.storage.k8s.io": _STATUS,
    "validatingadmissionpolicies.admissionregistration.k8s.io": _STATUS,
    "resourceclaims.resource.k8s.io": _STATUS,
}

_ALL = ("all",)
_API_EXTENSIONS = ("api-extensions",)
_CATEGORIES = {
    "pods": _ALL,
    "services": _ALL,
    "replicationcontrollers": _ALL,
    "deployments.apps": _ALL,
    "replicasets.apps": _ALL,
    "statefulsets.apps": _ALL,
    "daemonsets.apps": _ALL,
    "jobs.batch": _ALL,
    "cronjobs.batch": _ALL,
    "horizontalpodautoscalers.autoscaling": _ALL,
    "customresourcedefinitions.apiextensions.k8s.io": _API_EXTENSIONS,
    "apiservices.apiregistration.k8s.io": _API_EXTENSIONS,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _API_EXTENSIONS,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _API_EXTENSIONS,
    "validatingadmissionpolicies.admissionregistration.k8s.io": _API_EXTENSIONS,
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": _API_EXTENSIONS,
    "mutatingadmissionpolicies.admissionregistration.k8s.io": _API_EXTENSIONS,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": _API_EXTENSIONS,
}

# The order of groups in /apis, by the priority that the aggregator gives them; CRDs come after.
_GROUP_RANK = {
    group: rank
    for rank, group in enumerate(
        (
            "",
            "apiregistration.k8s.io",
            "apps",
            "events.k8s.io",
            "authentication.k8s.io",
            "authorization.k8s.io",
            "autoscaling",
            "batch",
            "certificates.k8s.io",
            "networking.k8s.io",
            "policy",
            "rbac.authorization.k8s.io",
            "storage.k8s.io",
            "admissionregistration.k8s.io",
            "apiextensions.k8s.io",
            "scheduling.k8s.io",
            "coordination.k8s.io",
            "node.k8s.io",
            "discovery.k8s.io",
            "resource.k8s.io",
            "flowcontrol.apiserver.k8s.io",
        )
    )
}
