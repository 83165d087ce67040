"""Read the fact tables that ship inside the package.

A table is tab-separated: the first line is `# gathered YYYY-MM-DD`, the second names the columns,
every further line is one fact with its sources. They are small enough to read in a millisecond or
two, and are read only when somebody asks.
"""

from __future__ import annotations

import pkgutil
from datetime import date

import msgspec

from seatrial.errors import BadFormat


class Table(msgspec.Struct, frozen=True):
    gathered: date
    rows: tuple[dict[str, str], ...]


def read_table(name: str) -> Table:
    """The table `data/<name>.tsv`; raises `BadFormat` when the installed file is damaged."""
    raw = pkgutil.get_data("seatrial.catalog", f"data/{name}.tsv")
    head, _, rest = (raw or b"").decode().partition("\n")
    if not head.startswith("# gathered "):
        raise BadFormat(f"the table of facts {name!r} is damaged.", next_step="Install Seatrial again.")
    header, *lines = rest.splitlines()
    columns = header.split("\t")
    rows = tuple(dict(zip(columns, line.split("\t"), strict=True)) for line in lines if line)
    return Table(gathered=date.fromisoformat(head.removeprefix("# gathered ").strip()), rows=rows)
