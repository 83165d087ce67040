"""Which checks a run makes: a profile, or the ones named, less the ones left out."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.checks.check import Check


class ProfileName(StrEnum):
    """`checks.check.Profile`, whose module is too heavy for `--help`; a test holds the two together."""

    READINESS = "readiness"
    HAPPY_PATH = "happy-path"


def chosen_checks(profile: ProfileName | None, only: Sequence[str], skip: Sequence[str]) -> tuple[Check, ...]:
    """Those that are named, whatever their profile; without names all of the profile.

    Raises `BadInput` for an id that does not exist, and when nothing would be left.
    """
    from seatrial.checks.check import Profile
    from seatrial.checks.registry import get_check
    from seatrial.checks.run import checks_of

    left_out = {get_check(each).id for each in skip}
    if only and profile is not None:
        raise BadInput("--only names the checks, whatever their profile.", next_step="Leave out --profile.")
    named = {each: get_check(each) for each in only}
    asked = tuple(named.values()) or checks_of(Profile((profile or ProfileName.READINESS).value))
    chosen = tuple(each for each in asked if each.id not in left_out)
    if not chosen:
        raise BadInput(
            "no check is left to run.",
            next_step="Leave out --skip, or choose others: `seatrial checks list` has them.",
        )
    return chosen
