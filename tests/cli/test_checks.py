"""`seatrial checks`: the list and the pages."""

import json

import pytest

from seatrial.checks.check import Profile
from seatrial.checks.registry import all_checks
from seatrial.cli.check_choice import ProfileName
from seatrial.cli.main import run


def test_checks_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "list"]) == 0
    assert "budget-never-allows" in capsys.readouterr().out
    assert run(["checks", "show", "budget-never-allows"]) == 0
    assert "**How to fix.**" in capsys.readouterr().out


def test_the_list_as_data_says_what_each_check_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "list", "-o", "json", "--profile", "readiness"]) == 0
    items = {each["id"]: each for each in json.loads(capsys.readouterr().out)["items"]}
    assert set(items) == {each.id for each in all_checks() if each.profile is Profile.READINESS}
    assert items["removed-api-in-file"] == {
        "id": "removed-api-in-file",
        "title": "A file uses an API that the target does not serve",
        "profile": "readiness",
        "reads": ["manifests"],
        "files": True,
    }


def test_the_profiles_that_can_be_asked_for_are_those_there_are() -> None:
    assert [each.value for each in ProfileName] == [each.value for each in Profile]


def test_an_unknown_check_is_one_clear_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["checks", "show", "nope"]) == 4
    assert capsys.readouterr().err == ("Error: there is no check 'nope'.\n  → See `seatrial checks list`.\n")
