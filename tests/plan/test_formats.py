"""Plans and journals of every format that was ever written stay readable: the golden files hold one each."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.plan import builders as b
from tests.plan.builders import T0
from tests.plan.test_make_plan import full

from seatrial.errors import BadFormat, NewerFormat
from seatrial.plan import (
    JOURNAL_FORMAT,
    PLAN_FORMAT,
    CancelRequested,
    Event,
    OperationStarted,
    Outcome,
    OwnerReminded,
    PauseRequested,
    Plan,
    ResumeRequested,
    RetryRequested,
    RunFinished,
    RunStarted,
    SkipRequested,
    StepDeferred,
    StepFinished,
    StepIntended,
    StepNoted,
    StepParked,
    check_plan,
    decode_event,
    digest,
    encode_event,
    read_plan,
    write_plan,
)
from seatrial.plan.file import MAX_BYTES

GOLDEN = Path(__file__).parent / "golden"


def every_event() -> list[Event]:
    later = T0 + timedelta(seconds=30)
    return [
        RunStarted(at=T0, plan_digest="d" * 64, by="ann"),
        StepIntended(at=T0, step="control-plane", attempt=1),
        OperationStarted(at=T0, step="control-plane", attempt=1, operation="op-1"),
        StepNoted(at=T0, step="control-plane", key="progress", value="half"),
        StepDeferred(at=T0, step="control-plane", attempt=1, until=later, why="429"),
        StepParked(
            at=later,
            step="control-plane",
            attempt=1,
            since=T0,
            owner="terraform",
            what="merge",
            look_at=later,
        ),
        OwnerReminded(at=later, step="control-plane", owner="terraform", what="merge", since=T0),
        StepFinished(at=later, step="control-plane", attempt=1, outcome=Outcome.FAILED, detail="quota"),
        PauseRequested(at=later, by="ann", why="lunch"),
        ResumeRequested(at=later, by="ann"),
        RetryRequested(at=later, by="ann"),
        SkipRequested(at=later, step="verify", by="ann", why="by hand"),
        CancelRequested(at=later, by="ann", why="wrong day"),
        RunFinished(at=later, succeeded=False, detail="cancelled by ann: wrong day"),
    ]


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.mark.parametrize("version", [1, PLAN_FORMAT])
def test_a_plan_of_every_format_is_read(version: int, update: bool) -> None:
    file = GOLDEN / f"plan-v{version}.json"
    if update and version == PLAN_FORMAT:
        file.write_bytes(write_plan(full()))
    plan = read_plan(file.read_bytes(), where=str(file))
    assert (plan.format, plan.cluster, plan.to_version, len(plan.steps)) == (version, "prod-1", "1.34.2", 16)
    assert read_plan(write_plan(plan)) == plan
    assert [type(step.action).__name__ for step in plan.steps[:6]] == [
        "Preflight",
        "ApplyFix",
        "ApplyCrds",
        "UpgradeChart",
        "WaitForChart",
        "RollBackChart",
    ]


def test_a_journal_of_format_1_is_read() -> None:
    lines = (GOLDEN / "journal-v1.jsonl").read_bytes().splitlines()
    old = [event for event in every_event() if not isinstance(event, StepParked | OwnerReminded)]
    assert [decode_event(line, format=1) for line in lines] == old


def test_a_journal_of_the_present_format_is_read(update: bool) -> None:
    file = GOLDEN / f"journal-v{JOURNAL_FORMAT}.jsonl"
    if update:
        file.write_bytes(b"".join(encode_event(event) + b"\n" for event in every_event()))
    assert [decode_event(line) for line in file.read_bytes().splitlines()] == every_event()


def test_a_journal_of_a_newer_format_is_refused() -> None:
    newer = JOURNAL_FORMAT + 1
    with pytest.raises(NewerFormat, match=f"format {newer}"):
        decode_event(encode_event(every_event()[0]), format=newer)


@pytest.mark.parametrize("line", [b"", b"{", b'{"event":"Unheard"}', b'{"event":"RunStarted"}', b"\xff"])
def test_a_corrupt_journal_entry_is_named(line: bytes) -> None:
    with pytest.raises(BadFormat, match="run-1, entry 3"):
        decode_event(line, where="run-1, entry 3")


def test_a_plan_file_reads_back_as_it_was_written() -> None:
    assert read_plan(write_plan(full())) == full()


def test_every_cut_of_a_plan_file_is_refused() -> None:
    data = write_plan(b.small_upgrade())
    for length in range(0, len(data) - 2, 97):
        with pytest.raises(BadFormat):
            read_plan(data[:length])


def test_every_changed_value_of_a_plan_is_noticed() -> None:
    data = write_plan(b.small_upgrade())
    for old, new in ((b'"test-1"', b'"prod-1"'), (b'"1.34.2"', b'"1.35.0"'), (b"7200", b"1")):
        if old in data:
            with pytest.raises(BadFormat, match="altered"):
                read_plan(data.replace(old, new))


def test_a_plan_of_a_newer_format_is_refused_before_it_is_understood() -> None:
    newer = PLAN_FORMAT + 1
    with pytest.raises(NewerFormat, match=f"format {newer}"):
        read_plan(b'{"format":%d,"digest":"","plan":{"whatever":1}}' % newer)


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"{}", b'{"format":1}', b"\x00\xff", b"[" * 100_000, b'{"format":"x"}'],
)
def test_what_is_no_plan_is_refused(data: bytes) -> None:
    with pytest.raises(BadFormat):
        read_plan(data)


def test_an_oversized_plan_is_refused_unread() -> None:
    with pytest.raises(BadFormat, match="larger than any plan"):
        read_plan(b" " * (MAX_BYTES + 1))


def _without_check(plan: Plan, **changes: object) -> bytes:
    """A plan file with a right digest over a plan that cannot be carried out."""
    return write_plan(msgspec.structs.replace(plan, **changes))


def test_a_plan_with_a_cycle_or_a_missing_step_is_refused() -> None:
    steps = b.small_upgrade().steps
    for broken in (steps[1:], (*steps, steps[0]), steps[::-1]):
        with pytest.raises(BadFormat, match="cannot be carried out"):
            read_plan(_without_check(b.small_upgrade(), steps=broken))


def test_equal_plans_have_equal_digests_and_any_change_another() -> None:
    plan = full()
    assert digest(plan) == digest(msgspec.structs.replace(plan))
    assert digest(plan) != digest(msgspec.structs.replace(plan, made_by="eve"))
    assert check_plan(plan) is plan
