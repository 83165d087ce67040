"""`seatrial fix list`: the fixes that the state knows of."""

from __future__ import annotations

from typing import Any

from seatrial.cli.output import OutputFormat, harmless, print_data, print_line, print_table
from seatrial.cli.rollout_desk import visit_desk
from seatrial.fix_runs.journal import Subject, all_journals
from seatrial.fixes.records import Record, State

_SAID = {
    State.UNKNOWN: "unknown: the next run looks",
    State.MADE: "in effect",
    State.FAILED: "failed",
    State.UNDO_UNKNOWN: "undo unknown: the next run looks",
    State.UNDONE: "taken back",
}


async def print_fixes(state: str, output: OutputFormat) -> None:
    async with visit_desk(state) as desk:
        found = [
            (journal.subject, record)
            for journal in await all_journals(desk.store)
            for record in journal.records.values()
        ]
    if output is not OutputFormat.TABLE:
        document = {"format": 1, "kind": "Fixes", "fixes": [_document(*each) for each in found]}
        print_data(document, output)
        return
    if not found:
        print_line("No fix was made with this state.")
        return
    rows = [
        (
            record.id,
            subject.cluster,
            record.intended.at.strftime("%Y-%m-%d %H:%M"),
            harmless(record.intended.by),
            _SAID[record.state] + (f" ({harmless(record.note)})" if record.note else ""),
            harmless(record.intended.title),
        )
        for subject, record in found
    ]
    print_table(("ID", "CLUSTER", "WHEN", "BY", "STATE", "WHAT"), rows)


def _document(subject: Subject, record: Record) -> dict[str, Any]:
    made = record.intended
    return {
        "id": record.id,
        "cluster": subject.cluster,
        "at": made.at.isoformat(),
        "by": made.by,
        "why": made.why,
        "check": made.check,
        "title": made.title,
        "object": str(made.target),
        "patch": made.patch,
        "undo": made.back,
        "temporary": made.temporary,
        "state": record.state.value,
        "note": record.note,
        "undoneBy": record.undone_by,
    }
