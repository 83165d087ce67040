"""Which fixes `seatrial fix` proposes: those of findings that count, and a word on those that are waived."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from seatrial.cluster.findings import Report, Waived
from seatrial.cluster.snapshot import Snapshot
from seatrial.errors import BadInput
from seatrial.fixes.offers import Offer, offers


@dataclass(frozen=True, slots=True)
class Choice:
    offers: tuple[Offer, ...]
    left_out: tuple[str, ...]
    """A line for each fix that is not proposed because its finding is waived."""


def choose(report: Report, snapshot: Snapshot, *, checks: Collection[str], ids: Collection[str]) -> Choice:
    """Of the checks and ids that were named; of all where none was."""

    def is_meant(offer: Offer) -> bool:
        return not (checks or ids) or offer.check in checks or offer.id in ids

    found = offers(report.findings, snapshot)
    waived = dict(_of_waived(report, snapshot, {each.id for each in found}))
    _refuse_unknown(ids, found, waived)
    return Choice(
        offers=tuple(filter(is_meant, found)),
        left_out=tuple(
            f"Left out: {offer.proposal.title} ({offer.check}), {_decision(waiver)}"
            for offer, waiver in waived.values()
            if is_meant(offer)
        ),
    )


def _of_waived(
    report: Report, snapshot: Snapshot, proposed: Collection[str]
) -> Iterator[tuple[str, tuple[Offer, Waived]]]:
    """By id; what another finding asks for too is proposed all the same."""
    for waived in report.waived:
        for offer in offers([waived.finding], snapshot):
            if offer.id not in proposed:
                yield offer.id, (offer, waived)


def _refuse_unknown(
    ids: Collection[str], found: Collection[Offer], waived: dict[str, tuple[Offer, Waived]]
) -> None:
    known = {each.id for each in found}
    for id in ids:
        if id in waived:
            raise BadInput(
                f"fix {id!r} is not proposed: its finding is {_decision(waived[id][1])}",
                next_step="Take the waiver out of the fleet file, or leave out --fleet.",
            )
        if id not in known:
            raise BadInput(
                f"no fix {id!r} is proposed for this cluster as it is now.",
                next_step="See `seatrial check --fix-plan`.",
            )


def _decision(waived: Waived) -> str:
    return f"waived by {waived.who} until {waived.until}: {waived.why}"
