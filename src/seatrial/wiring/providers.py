"""Finds what starts upgrades of a cluster: the adapter of its provider."""

from __future__ import annotations

from seatrial.cluster.provider_state import ProviderState
from seatrial.errors import BadFormat, Forbidden, NotFound, PermanentError
from seatrial.kube import ReadClient, Session, Unauthorized
from seatrial.providers.protocol import Provider
from seatrial.providers.remote import remote_provider


class NoProviderAdapter(PermanentError):
    """Nothing here can ask this cluster's provider for anything."""

    def __init__(self, cluster: str, kind: str) -> None:
        named = f"provider {kind!r}" if kind and kind != "simulated" else "its provider"
        super().__init__(
            f"this Seatrial has no adapter for {named}: it upgrades simulated clusters only, so far.",
            where=cluster,
            next_step="`seatrial check` and `seatrial snapshot` work on any cluster.",
        )


async def provider_for(session: Session, kind: str = "") -> Provider:
    """The provider of the cluster that `session` talks to; raise `NoProviderAdapter`.

    A simulated cluster answers for its provider beside its own API; a real API server knows no such
    path. `kind` is what the fleet file says, for the message.
    """
    try:
        return await remote_provider(session)
    except Unauthorized:
        raise  # an expired token says nothing about the provider
    except (NotFound, Forbidden, BadFormat) as error:
        await ReadClient(session).version()  # a login page is no cluster at all: that is said instead
        raise NoProviderAdapter(session.access.name, kind) from error


async def provider_state(session: Session) -> ProviderState | None:
    """What the provider says of the cluster now; None where nothing here can ask it."""
    try:
        return await (await provider_for(session)).state()
    except NoProviderAdapter:
        return None
