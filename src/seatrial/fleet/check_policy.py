"""What the fleet file says about checks: whom labels name, and which findings are lived with."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from seatrial.catalog.happy_path import Thing, Verdict
from seatrial.fleet.written import SPELT, Text

OWNER_LABELS = ("team", "owner", "customer")


class WaiverSpec(BaseModel):
    """A finding that somebody decided to live with, until a day; without selectors, on every cluster."""

    model_config = SPELT

    check: Text
    """Id of the check, as `seatrial checks list` shows it."""
    clusters: dict[str, str | tuple[str, ...]] = {}
    """Labels of the clusters that it is about, as in a stage."""
    namespaces: tuple[Text, ...] = ()
    """Patterns such as `shop-*`; empty for all, also for objects without a namespace."""
    objects: tuple[Text, ...] = ()
    """Patterns of `namespace/kind/name`, as reports write them: `shop/poddisruptionbudget/web-*`."""
    who: Text
    """Who decided it."""
    why: Text
    until: date
    """The last day on which it holds; from the next on it is reported as run out."""


class DecisionSpec(BaseModel):
    """What the team decided otherwise than the happy path."""

    model_config = SPELT

    thing: Thing
    """What it is about, such as `crds`; see docs/happy-path.md."""
    verdict: Verdict
    """`free`, `care` or `avoid`."""
    why: Text
    """Shown with every finding that it concerns."""
    objects: tuple[Text, ...] = ()
    """Patterns of `namespace/kind/name`; empty for all."""


class ChecksSpec(BaseModel):
    model_config = SPELT

    owner_labels: Annotated[tuple[Text, ...], Field(max_length=20)] = OWNER_LABELS
    """Labels of objects, or else of their namespace, that say whom to ask about a finding."""
    waivers: tuple[WaiverSpec, ...] = ()
    happy_path: tuple[DecisionSpec, ...] = ()
    """Decisions for `seatrial check --profile happy-path`; one that names objects comes before others."""
