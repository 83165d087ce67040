"""What a fleet file decides about the checks of one cluster."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import PurePath

from seatrial.checks.decisions import Decision
from seatrial.checks.registry import get_check
from seatrial.checks.settings import CheckSettings
from seatrial.checks.waivers import Waiver
from seatrial.errors import BadInput
from seatrial.fleet.model import ClusterSpec, Fleet
from seatrial.fleet.resolve import ResolvedWaiver, waivers_of

_VERSION = re.compile(r"-v?\d")


def check_settings(fleet: Fleet, cluster: ClusterSpec | None, today: date) -> CheckSettings:
    """For a cluster of the fleet, or (None) for files and clusters that are not in it.

    Raises `BadInput` for a waiver of a check that does not exist.
    """
    refuse_unknown_checks(fleet)
    waivers = as_waivers(waivers_of(fleet, cluster))
    return CheckSettings(
        owner_labels=fleet.checks.owner_labels,
        waivers=waivers,
        happy_path=tuple(
            Decision(each.thing, each.verdict, each.why, each.objects) for each in fleet.checks.happy_path
        ),
        infrastructure_charts=frozenset(_chart_name(each.chart) for each in fleet.stack),
        today=today,
    )


def _chart_name(chart: str) -> str:
    """Of "charts/cert-manager" or "charts/cert-manager-v1.19.1.tgz", without opening it."""
    name = PurePath(chart).name.removesuffix(".tgz")
    return _VERSION.split(name)[0]


def refuse_unknown_checks(fleet: Fleet) -> None:
    for number, waiver in enumerate(fleet.checks.waivers):
        try:
            get_check(waiver.check)
        except BadInput as error:
            raise BadInput(
                error.what, where=f"checks.waivers[{number}] of the fleet file", next_step=error.next_step
            ) from None


def as_waivers(resolved: Iterable[ResolvedWaiver]) -> tuple[Waiver, ...]:
    return tuple(
        Waiver(
            check=each.check,
            who=each.who,
            why=each.why,
            until=each.until,
            namespaces=each.namespaces,
            objects=each.objects,
        )
        for each in resolved
    )
