from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
import ryaml

from seatrial.fleet.schema import schema_text

PUBLISHED = Path(__file__).parents[2] / "docs/schemas/fleet.schema.json"
GOLDEN = Path(__file__).parent / "golden/format-1.yaml"


def test_the_published_schema_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        PUBLISHED.write_text(schema_text())
    assert PUBLISHED.read_text() == schema_text(), "run the tests once with --update-golden"


def test_the_schema_accepts_what_we_read() -> None:
    quoted = GOLDEN.read_text().replace("version: 1.33", 'version: "1.33"').replace(": 1.34", ': "1.34"')
    jsonschema_rs.validate(json.loads(schema_text()), ryaml.loads(quoted))


def test_the_schema_refuses_unknown_fields_and_bad_durations() -> None:
    validator = jsonschema_rs.validator_for(json.loads(schema_text()))
    fleet = {
        "clusters": [{"name": "a", "provider": {"kind": "eks"}, "version": "1.33", "tier": "test"}],
        "strategies": [{"name": "s", "stages": [{"name": "x", "soak": "3 days"}]}],
        "colour": "blue",
    }
    assert len(list(validator.iter_errors(fleet))) == 2
