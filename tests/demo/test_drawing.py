"""The drawing of a rollout: what ran is to scale, waits are short gaps, nothing can break out of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from seatrial.demo.drawing import rollout_svg
from seatrial.demo.summary import Attempt, ClusterEnd
from seatrial.rollout.events import Outcome

START = datetime(2026, 2, 27, 9, tzinfo=UTC)


def attempt(begin: float, minutes: float, outcome: Outcome = Outcome.SUCCEEDED, detail: str = "") -> Attempt:
    started = START + timedelta(minutes=begin)
    return Attempt(started, started + timedelta(minutes=minutes), outcome, "nodes" if detail else "", detail)


def cluster(name: str, *attempts: Attempt) -> ClusterEnd:
    return ClusterEnd(name, "test", "eks", "1.31.14", "1.32.13", 900.0, attempts, "ada")


def bars(svg: str) -> list[tuple[float, float]]:
    """(x, width) of each bar."""
    found = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="20"', svg)
    return [(float(x), float(width)) for x, width in found]


def test_bars_are_to_scale_and_a_day_of_waiting_is_a_gap() -> None:
    svg = rollout_svg([cluster("one", attempt(0, 10)), cluster("two", attempt(10 + 24 * 60, 20))])
    (first, width), (second, longer) = bars(svg)
    assert abs(longer - 2 * width) < 0.5
    assert abs(second - (first + width + 70)) < 0.5
    assert ">1d</text>" in svg


def test_failed_attempt_says_why_and_cannot_break_out_of_the_drawing() -> None:
    hostile = '</title><script>alert(1)</script> & "quoted"'
    svg = rollout_svg([cluster("<b>", attempt(0, 10, Outcome.FAILED, hostile), attempt(30, 5))])
    tree = ElementTree.fromstring(svg)
    assert {element.tag for element in tree.iter()} == {"svg", "rect", "text", "title"}
    assert any(hostile in (element.text or "") for element in tree.iter("title"))


def test_nothing_that_ran_draws_nothing() -> None:
    assert rollout_svg([cluster("one")]) == ""


def test_cluster_says_how_it_ended_with_every_attempt() -> None:
    end = cluster("one", attempt(0, 10, Outcome.FAILED, "no capacity"), attempt(30, 5))
    assert end.how == "failed at 'nodes': no capacity; retried by ada, succeeded"
    assert cluster("two", attempt(0, 10)).how == "succeeded"
    assert cluster("three").how == "never started"
