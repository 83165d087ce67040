"""`seatrial accuracy`: what rehearsals and checks predicted against what the upgrades then did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seatrial.cli import desk_options
from seatrial.cli.options import Command, option, output_format
from seatrial.cli.output import OutputFormat
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from datetime import datetime

    from seatrial.accuracy import Score


@click.command(cls=Command)
@option(
    "--since", metavar="WHEN", default="", help="Only what came after: 90d, or a time such as 2026-01-31."
)
@output_format
@desk_options.state
def accuracy(since: str, output: OutputFormat, state: str) -> None:
    """Show how good the predictions were: misses, false alarms and the error of durations.

    Each `seatrial rehearse` keeps what it predicts in the state; each upgrade keeps its journal there. Both
    are joined here, by the content of their plans.
    """
    import asyncio

    from seatrial.cli.accuracy_view import print_score, score_data

    found = asyncio.run(_score(state, since))
    if output is OutputFormat.TABLE:
        print_score(found)
    else:
        from seatrial.cli.output import print_data

        print_data(score_data(found), output)


async def _score(state: str, since: str) -> Score:
    from seatrial.accuracy import score
    from seatrial.cli.rollout_desk import visit_desk
    from seatrial.wiring.scoring import outcomes_in, predictions_in

    async with visit_desk(state) as desk:
        after = _moment(since, desk.clock.now())
        return score(
            await predictions_in(desk.store, since=after), await outcomes_in(desk.store, since=after)
        )


def _moment(text: str, now: datetime) -> datetime | None:
    """A duration before now, or a time in ISO 8601 (UTC unless it says otherwise)."""
    from datetime import UTC, datetime

    from seatrial.fleet.durations import parse_duration

    if not text:
        return None
    try:
        return now - parse_duration(text)
    except BadInput:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{text!r} is neither a duration nor a time.",
            next_step="Write 90d, or a time such as 2026-01-31.",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
