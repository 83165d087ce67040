"""Facts about Kubernetes releases and APIs, stated once, each with its source and date."""

from seatrial.catalog.addons import AddonCatalog, AddonLifecycle, addon_catalog
from seatrial.catalog.apis import ApiCatalog, ApiLifecycle, RemovalStatus, Served, api_catalog
from seatrial.catalog.bystanders import Bystander, bystanders
from seatrial.catalog.releases import (
    BeyondHorizon,
    NoSuchMinor,
    ProviderName,
    ProviderWindow,
    Release,
    ReleaseCatalog,
    releases,
)

__all__ = [
    "AddonCatalog",
    "AddonLifecycle",
    "ApiCatalog",
    "ApiLifecycle",
    "BeyondHorizon",
    "Bystander",
    "NoSuchMinor",
    "ProviderName",
    "ProviderWindow",
    "Release",
    "ReleaseCatalog",
    "RemovalStatus",
    "Served",
    "addon_catalog",
    "api_catalog",
    "bystanders",
    "releases",
]
