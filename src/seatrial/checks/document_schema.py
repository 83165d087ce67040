"""The published JSON Schema of reports, for the programs that read them."""

from __future__ import annotations

import json

import msgspec

from seatrial.checks.cluster_reports import ReportsDocument
from seatrial.checks.document import ReportDocument


def schema_text() -> str:
    """The schema as docs/schemas/report.schema.json holds it."""
    kinds, definitions = msgspec.json.schema_components(
        (ReportDocument, ReportsDocument), ref_template="#/$defs/{name}"
    )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Report of seatrial check",
        "anyOf": list(kinds),
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
