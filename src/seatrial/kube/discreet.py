"""Values that may hold a secret, or half a cluster: `repr` and rich show nothing of the fields named hidden.

So a log line or an assertion cannot leak what it does not know to be secret. Structs, as a dataclass takes a
third of a millisecond to make, and every command makes these.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec


class Discreet(msgspec.Struct, frozen=True):
    """Give the fields' names in `HIDDEN`."""

    HIDDEN: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.HIDDEN]
