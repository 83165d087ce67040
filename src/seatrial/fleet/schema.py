"""The published JSON Schema of the fleet file, for editors and for other tools' checks."""

from __future__ import annotations

import json

from seatrial.fleet.model import FLEET_FORMAT, Fleet


def schema_text() -> str:
    """The schema as docs/schemas/fleet.schema.json holds it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Fleet.model_json_schema(by_alias=True),
        "title": "Seatrial fleet file",
    }
    schema["properties"]["format"].update({"minimum": 1, "maximum": FLEET_FORMAT})
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
