"""What the simulated provider's two halves say to each other over HTTP, as values.

Paths below `/clusters/NAME/provider`: `GET state`, `GET capabilities`, `GET versions`,
`GET operations[/ID]`, `POST control-plane`, `POST node-groups/NAME`, `POST operations/ID/cancel`.
A POST carries `Start`. Every answer has status 200 and says itself whether it was refused: other
statuses are the transport's own.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from seatrial.cluster.provider_state import ProviderState
from seatrial.providers.protocol import Capabilities, Operation

PREFIX = "/provider"


class Start(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    to: str
    token: str
    image: str = ""


class RefusalKind(StrEnum):
    BUSY = "busy"
    REFUSED = "refused"
    QUOTA = "quota"
    NOT_FOUND = "not-found"
    BAD_REQUEST = "bad-request"


class Refusal(msgspec.Struct, kw_only=True):
    kind: RefusalKind
    what: str
    where: str = ""
    next_step: str = ""
    operation_id: str = ""


class Reply(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Exactly one of these is set."""

    state: ProviderState | None = None
    capabilities: Capabilities | None = None
    versions: tuple[str, ...] | None = None
    operation: Operation | None = None
    operations: tuple[Operation, ...] | None = None
    refusal: Refusal | None = None
