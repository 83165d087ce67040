"""What `seatrial fix` proposes of a report, and what it says of findings that a fleet file waives."""

from __future__ import annotations

import pytest
from tests.builders import a_snapshot

from seatrial.cli.fix_choice import choose
from seatrial.cluster.findings import Finding, Report, Severity, Waived
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.proposal import Proposal
from seatrial.errors import BadInput
from seatrial.fixes.offers import offer_id

SNAPSHOT = a_snapshot()


def scale(name: str) -> Proposal:
    return Proposal(
        title=f"Scale {name}",
        target=ObjectRef("apps/v1", "Deployment", "shop", name),
        resource="deployments",
        patch={"spec": {"replicas": 2}},
        undo={"spec": {"replicas": 1}},
        expects={"spec": {"replicas": 1}},
        safe=True,
    )


WEB, API = scale("web"), scale("api")


def finding(check: str, *proposals: Proposal) -> Finding:
    return Finding(check=check, severity=Severity.BLOCKER, title="t", message="m", proposals=proposals)


def waived(check: str, *proposals: Proposal) -> Waived:
    return Waived(finding=finding(check, *proposals), who="ada", why="moves on Monday", until="2026-12-31")


def report(*findings: Finding, waived: tuple[Waived, ...] = ()) -> Report:
    return Report(target="1.37", subject="c1", findings=findings, waived=waived)


def chosen(
    of: Report, *, checks: tuple[str, ...] = (), ids: tuple[str, ...] = ()
) -> tuple[list[str], list[str]]:
    choice = choose(of, SNAPSHOT, checks=checks, ids=ids)
    return [each.proposal.title for each in choice.offers], list(choice.left_out)


LEFT_OUT = "Left out: Scale api (two), waived by ada until 2026-12-31: moves on Monday"


def test_what_is_waived_is_not_proposed_but_said() -> None:
    assert chosen(report(finding("one", WEB), waived=(waived("two", API),))) == (["Scale web"], [LEFT_OUT])


def test_what_another_finding_asks_for_too_is_proposed_all_the_same() -> None:
    assert chosen(report(finding("one", API), waived=(waived("two", API),))) == (["Scale api"], [])


def test_a_waived_finding_without_a_known_fix_is_not_mentioned() -> None:
    assert chosen(report(waived=(waived("two"),))) == ([], [])


def test_only_what_was_named_is_proposed_or_mentioned() -> None:
    both = report(finding("one", WEB), waived=(waived("two", API),))
    assert chosen(both, checks=("one",)) == (["Scale web"], [])
    assert chosen(both, checks=("two",)) == ([], [LEFT_OUT])
    assert chosen(both, ids=(offer_id(WEB),)) == (["Scale web"], [])


def test_naming_a_waived_fix_is_refused_with_who_decided_so() -> None:
    with pytest.raises(BadInput) as refused:
        chosen(report(waived=(waived("two", API),)), ids=(offer_id(API),))
    decision = "its finding is waived by ada until 2026-12-31: moves on Monday"
    assert refused.value.what == f"fix '{offer_id(API)}' is not proposed: {decision}"
    assert refused.value.next_step == "Take the waiver out of the fleet file, or leave out --fleet."


def test_a_fix_that_nothing_asks_for_is_refused() -> None:
    with pytest.raises(BadInput, match="no fix 'gone' is proposed for this cluster as it is now"):
        chosen(report(finding("one", WEB)), ids=("gone",))
