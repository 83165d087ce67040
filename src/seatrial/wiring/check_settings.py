"""What a fleet file decides about the checks of one cluster."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from seatrial.checks.registry import get_check
from seatrial.checks.settings import CheckSettings
from seatrial.checks.waivers import Waiver
from seatrial.errors import BadInput
from seatrial.fleet.model import ClusterSpec, Fleet
from seatrial.fleet.resolve import ResolvedWaiver, waivers_of


def check_settings(fleet: Fleet, cluster: ClusterSpec | None, today: date) -> CheckSettings:
    """For a cluster of the fleet, or (None) for files and clusters that are not in it.

    Raises `BadInput` for a waiver of a check that does not exist.
    """
    refuse_unknown_checks(fleet)
    waivers = as_waivers(waivers_of(fleet, cluster))
    return CheckSettings(owner_labels=fleet.checks.owner_labels, waivers=waivers, today=today)


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
