"""The page that sets our checks beside other tools has a row for each check there is."""

from benchmarks import comparison

from seatrial.checks.registry import all_checks


def test_every_check_has_a_row_in_the_comparison() -> None:
    rows = [parts[0].split("`")[1] for parts in comparison._rows("What each finds") if "`" in parts[0]]
    assert rows == [each.id for each in all_checks()], "run python -m benchmarks.comparison"
