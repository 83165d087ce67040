"""What a simulated cluster lets others plug in: controllers, faults and access rules.

The API machinery codes against these Protocols only; `simulator.default` composes the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from seatrial.simulator.store import ResourceKey


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """One request as a fault or an access rule sees it.

    `verb` is the API's: get, list, watch, create, update, patch, delete, deletecollection; for a
    path that is not a resource (such as /version) `resource` is None and `path` says which.
    """

    verb: str
    path: str
    resource: ResourceKey | None = None
    version: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a fault does to a request: wait, then refuse or cut; with neither, just wait.

    `delay` is in seconds of the cluster's clock. `error` (an `ApiError`) answers in the handler's
    place. `cut` closes the connection without an answer.
    """

    delay: float = 0.0
    error: Exception | None = None
    cut: bool = False


class Faults(Protocol):
    def react(self, request: RequestInfo) -> Reaction | None:
        """Called before each request over HTTP; None lets it through."""


class Controller(Protocol):
    def start(self) -> None:
        """Subscribe, then look at what is there already."""

    def stop(self) -> None:
        """Unsubscribe and cancel every timer."""


class NoFaults:
    """`Faults` that never interferes."""

    def react(self, request: RequestInfo) -> Reaction | None:
        return None
