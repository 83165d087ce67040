"""What a chart is, as far as planning an upgrade needs to know it: a value, read from disk by `charts`."""

from __future__ import annotations

import msgspec

TEMPLATED_HOOK = "templated"
"""Stands among the hooks where a template computes the event, so that it may be any."""


class ChartCrd(msgspec.Struct, frozen=True, rename="camel"):
    """One CustomResourceDefinition that the chart ships in its `crds` folders."""

    name: str
    """Such as "managedcertificates.certkeeper.example.com"."""
    versions: tuple[str, ...]
    """All versions it declares, in its order."""
    served: tuple[str, ...]
    storage: str
    """The version that objects are stored in."""


class ChartDependency(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    version: str
    """A constraint, as Chart.yaml states it."""
    condition: str = ""
    present: bool = False
    """Whether the chart carries it in its `charts` folder: without it Helm refuses to install."""


class ChartInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One version of one chart."""

    name: str
    version: str
    digest: str
    """"sha256:…" over names and content of its files: the same for a folder and its .tgz."""
    app_version: str = ""
    kube_version: str = ""
    """The constraint on the cluster's version; see `seatrial.cluster.constraints`."""
    crds: tuple[ChartCrd, ...] = ()
    hooks: tuple[str, ...] = ()
    """Hook events that its templates name, sorted: "post-upgrade", "pre-install". Read from the text
    of the templates, so one that values switch off is listed too."""
    dependencies: tuple[ChartDependency, ...] = ()

    @property
    def waits_in_helm(self) -> bool:
        """Post hooks run when Helm believes the release ready, so only Helm can wait at that point."""
        return bool({"post-install", "post-upgrade", TEMPLATED_HOOK} & set(self.hooks))

    @property
    def missing_dependencies(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.dependencies if not each.present)
