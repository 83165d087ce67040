"""Which versions a constraint such as `>=1.25.0-0 <1.34` allows, by the rules that Helm uses.

A chart's `kubeVersion` decides whether Helm installs it at all, so we have to agree with Helm and not
with another language's idea of ranges. The rules are those of Masterminds/semver v3, which Helm embeds:
comma or space means and, `||` means or, `~ ^ x * -` as in its README, and a version with a pre-release
part matches only comparators that have one too.

Providers append to the version ("v1.33.4-eks-1a2b3c"), which reads as a pre-release. Helm 4 drops that
suffix before it compares; Helm 3 (3.17 was tried) does not, and refuses `>=1.25` on such a cluster.
Ask with a plain `Version` for the first behaviour and with the server's own text for the second.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import msgspec

from seatrial.cluster.version import Version
from seatrial.errors import BadInput

_LONGEST = 1024  # characters; Helm sets no limit, but nothing sensible is longer

_PART = r"(?:[0-9]+|[xX*])"
_PRE = r"(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
_BUILD = r"(?:\+[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?"
_PATTERN = rf"v?({_PART})(?:\.({_PART}))?(?:\.({_PART}))?{_PRE}{_BUILD}"
# Texts: `re` compiles each when it is first used, and keeps it.
_COMPARATOR = rf"(=>|=<|>=|<=|!=|~>|=|>|<|~|\^|)\s*{_PATTERN}(?=[\s,]|$)"
_HYPHEN = rf"(?<!\S)({_PATTERN})\s+-\s+({_PATTERN})(?!\S)"
_SEPARATOR = r"\s*,\s*|\s+"
_SEMVER = rf"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?{_PRE}{_BUILD}$"
_SPELLINGS = {"": "=", "=>": ">=", "=<": "<=", "~>": "~"}


def kube_version_allows(constraint: str, version: Version | str) -> bool:
    """Whether Helm would install a chart with this `kubeVersion` on a cluster of this version.

    No constraint allows everything; one that Helm cannot parse allows nothing, as in Helm.
    """
    if not constraint:
        return True
    asked = SemVer.parse(version) if isinstance(version, str) else SemVer(*version)
    try:
        return Constraint.parse(constraint).allows(asked)
    except BadInput:
        return False


class SemVer(NamedTuple):
    """A semantic version as charts use it; build metadata is dropped, for it orders nothing."""

    major: int
    minor: int = 0
    patch: int = 0
    pre: str = ""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}" + (f"-{self.pre}" if self.pre else "")

    @property
    def triple(self) -> tuple[int, int, int]:
        return self.major, self.minor, self.patch

    @property
    def precedence(self) -> tuple[object, ...]:
        """Sorts by the rules of semver.org: 1.0.0-alpha.2 < 1.0.0-alpha.10 < 1.0.0-beta < 1.0.0."""
        if not self.pre:
            return (*self.triple, 1)
        parts = ((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre.split("."))
        return (*self.triple, 0, tuple(parts))

    @classmethod
    def parse(cls, text: str) -> SemVer:
        """Read "1.2.3-rc.1+build", "v1.2" or "1"; raise `BadInput` otherwise."""
        found = re.match(_SEMVER, text.strip()) if len(text) <= _LONGEST else None
        if not found:
            raise BadInput(
                f"{text[:80]!r} is not a semantic version.", next_step="Write it as 1.2.3 or 1.2.3-rc.1."
            )
        major, minor, patch, pre = found.groups()
        return cls(int(major), int(minor or 0), int(patch or 0), pre or "")


class Comparator(msgspec.Struct, frozen=True):
    """One of the conditions: an operator and a version of which only `given` numbers were written."""

    operator: str
    version: SemVer
    given: int

    def allows(self, asked: SemVer) -> bool:
        exact = self.given == 3
        order, bound = asked.precedence, self.version.precedence
        if asked.pre and not self.version.pre and not (exact and self.operator == "!="):
            return False
        match self.operator:
            case "=" if exact:
                return order == bound
            case "!=" if exact or self.given == 0:
                return order != bound
            case "!=":
                return not self._has_prefix(asked) or (self.given == 2 and asked.pre != self.version.pre)
            case ">" if exact or self.given == 0:
                return order > bound
            case ">":
                return asked.triple >= self._past_prefix()
            case ">=":
                return order >= bound
            case "<":
                return order < bound
            case "<=" if exact:
                return order <= bound
            case "<=":
                return asked.triple < self._past_prefix()
            case "^":
                return order >= bound and asked.triple < self._past_caret()
            case _:  # ~, and = with parts left out
                return order >= bound and (self._is_any() or self._has_line(asked))

    def _has_prefix(self, asked: SemVer) -> bool:
        return asked.triple[: self.given] == self.version.triple[: self.given]

    def _has_line(self, asked: SemVer) -> bool:
        numbers = min(self.given, 2)
        return asked.triple[:numbers] == self.version.triple[:numbers]

    def _is_any(self) -> bool:
        """`*` and, for Helm, also `~0.0.0`."""
        return self.version.triple == (0, 0, 0) and self.given in (0, 3)

    def _past_prefix(self) -> tuple[int, int, int]:
        """The first version past all those that begin with the numbers given."""
        major, minor, _ = self.version.triple
        return (major + 1, 0, 0) if self.given == 1 else (major, minor + 1, 0)

    def _past_caret(self) -> tuple[int, int, int]:
        """The next version that may break: of the leftmost number that is not zero."""
        major, minor, patch = self.version.triple
        if major or self.given == 1:
            return major + 1, 0, 0
        if minor or self.given == 2:
            return 0, minor + 1, 0
        return 0, 0, patch + 1


class Constraint(msgspec.Struct, frozen=True):
    """Comparators: all of one inner tuple must allow a version, for any of the outer."""

    text: str
    alternatives: tuple[tuple[Comparator, ...], ...]

    def allows(self, version: SemVer) -> bool:
        return any(all(each.allows(version) for each in group) for group in self.alternatives)

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """Raise `BadInput` where Helm would not accept the text either."""
        if len(text) > _LONGEST:
            raise _not_a_constraint(text)
        return _parse(text)


@lru_cache(maxsize=1024)
def _parse(text: str) -> Constraint:
    spelled_out = re.sub(_HYPHEN, lambda found: f">={found[1]}, <={found[6]}", text)
    return Constraint(text, tuple(_parse_group(group, text) for group in spelled_out.split("||")))


def _parse_group(group: str, text: str) -> tuple[Comparator, ...]:
    group = group.strip()
    comparators = []
    at = 0
    while True:
        found = re.compile(_COMPARATOR).match(group, at)
        if not found:
            raise _not_a_constraint(text)
        comparators.append(_comparator(*found.groups()))
        at = found.end()
        if at == len(group):
            return tuple(comparators)
        separator = re.compile(_SEPARATOR).match(group, at)
        if not separator:
            raise _not_a_constraint(text)
        at = separator.end()


def _comparator(
    operator: str, major: str, minor: str | None, patch: str | None, pre: str | None
) -> Comparator:
    numbers: list[int] = []
    for part in (major, minor, patch):
        if part is None or part in "xX*":
            break  # what follows a wildcard has no effect: 1.x.3 is 1.x
        numbers.append(int(part))
    first, second, third, *_ = [*numbers, 0, 0, 0]
    version = SemVer(first, second, third, pre or "")
    return Comparator(_SPELLINGS.get(operator, operator), version, len(numbers))


def _not_a_constraint(text: str) -> BadInput:
    return BadInput(
        f"{text[:80]!r} is not a version constraint that Helm understands.",
        next_step='Write it as ">=1.25.0-0 <1.34.0-0", "^1.2" or "1.x || 2.x".',
    )
