"""How `seatrial check` can print, group and judge; only names, for `--help` must be fast."""

from __future__ import annotations

from enum import StrEnum

from seatrial.cli.output import OutputFormat
from seatrial.errors import BadInput


class CheckFormat(StrEnum):
    TEXT = "text"
    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    SARIF = "sarif"
    GITHUB = "github"
    HTML = "html"


class Grouping(StrEnum):
    """`checks.grouping.GroupBy`, whose module is too heavy for `--help`; a test holds the two together."""

    OWNER = "owner"
    NAMESPACE = "namespace"
    CHECK = "check"


class FailOn(StrEnum):
    """The least that makes the command exit with another code than 0."""

    INFO = "info"
    WARNING = "warning"
    INCOMPLETE = "incomplete"
    BLOCKER = "blocker"
    NEVER = "never"


def as_data_or_table(format: CheckFormat) -> OutputFormat:
    """For what has only these forms; raises `BadInput` for the others."""
    if format in (CheckFormat.TEXT, CheckFormat.TABLE):
        return OutputFormat.TABLE
    if format in (CheckFormat.JSON, CheckFormat.YAML):
        return OutputFormat(format.value)
    raise BadInput(f"this cannot be printed as {format.value}.", next_step="Take text, json or yaml.")
