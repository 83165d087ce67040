"""Where one plan takes a cluster: one minor at most, however far the way is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seatrial.catalog import ReleaseCatalog
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput

_PLAUSIBLE_AHEAD = 12  # patches


@dataclass(frozen=True, slots=True)
class Hop:
    to: Version
    left: tuple[Minor, ...]
    """Minors still to go after this one, the last of them the target."""


def next_hop(current: Version, target: str, offered: Iterable[Version], known: ReleaseCatalog) -> Hop:
    """The first hop from `current` towards `target`.

    Takes the newest patch that the provider offers of a minor, or else the newest known one; a patch
    that the target names is taken as it is. Raises `BadInput` for a target that is older, and what
    the catalogue raises for one that does not exist.
    """
    wanted = Version.parse(target)
    known.of(wanted.line)
    names_patch = target.strip().removeprefix("v").count(".") > 1
    if wanted.line < current.line or (names_patch and wanted < current):
        raise BadInput(
            f"the cluster runs {current}, and Kubernetes does not go back to {target}.",
            next_step=f"Choose {current.line} for a newer patch, or {current.line.plus(1)}.",
        )
    line = min(wanted.line, current.line.plus(1))
    if line == wanted.line and names_patch:
        to = wanted
        _refuse_implausible(wanted, _newest_patch(line, offered, known))
    else:
        to = _newest_patch(line, offered, known)
    left = tuple(line.plus(step) for step in range(1, wanted.minor - line.minor + 1))
    return Hop(max(to, current), left)


def _refuse_implausible(wanted: Version, newest: Version) -> None:
    """Patches come monthly: more than a year past the newest one is a slip of the finger."""
    if wanted.patch > newest.patch + _PLAUSIBLE_AHEAD:
        raise BadInput(
            f"there is no Kubernetes {wanted}.",
            next_step=f"The newest patch of {wanted.line} that we know is {newest}.",
        )


def _newest_patch(line: Minor, offered: Iterable[Version], known: ReleaseCatalog) -> Version:
    patches = [version for version in offered if version.line == line]
    if patches:
        return max(patches)
    return known.of(line).latest_patch or Version(*line)
