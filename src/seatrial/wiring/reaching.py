"""How a cluster is reached: the same kubeconfig context for our client and for Helm."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.clock import Clock
from seatrial.errors import BadInput
from seatrial.kube import ClusterAccess, Consent, Kubeconfig, Session, allow_nothing, connect
from seatrial.wiring.consenting import consents


@dataclass(frozen=True, slots=True)
class Reach:
    """One kubeconfig context, found but not connected to."""

    access: ClusterAccess
    kubeconfig: Path
    """The one file that Helm is given."""
    context: str
    environment: Mapping[str, str] = field(repr=False)
    """Of this process, for credential plugins."""
    interactive: bool = False
    """A person is there to answer a credential plugin's questions."""
    consent: Consent = allow_nothing
    """Asked before anything that the kubeconfig names is run or sent. Helm, which gets the same file,
    is started only within such a connection."""

    @asynccontextmanager
    async def connected(self, clock: Clock) -> AsyncIterator[Session]:
        rng = random.Random()  # noqa: S311  jitter between retries
        async with connect(
            self.access, clock, rng=rng, consent=self.consent, interactive=self.interactive
        ) as session:
            yield session


def find_reach(
    kubeconfig: Path | None,
    context: str,
    *,
    environment: Mapping[str, str],
    home: Path | None = None,
    interactive: bool = False,
) -> Reach:
    """The context named, or the current one, as kubectl would find it; raise `BadInput` when unusable."""
    loaded = Kubeconfig.load(kubeconfig, env=environment, home=home)
    access = loaded.access(context or None)
    name = context or loaded.current_context
    return Reach(
        access=access,
        kubeconfig=_file_with(name, loaded, environment),
        context=name,
        environment=environment,
        interactive=interactive,
        consent=consents(environment, home, interactive=interactive),
    )


def _file_with(context: str, loaded: Kubeconfig, environment: Mapping[str, str]) -> Path:
    """The file that holds the whole context: Helm is given one file, so that nothing else can slip in."""
    for path in loaded.files:
        try:
            Kubeconfig.load(path, env=environment).access(context)
        except BadInput:
            continue
        return path
    raise BadInput(
        f"context {context!r} is spread over several kubeconfig files, which Helm cannot be given.",
        where=", ".join(map(str, loaded.files)),
        next_step="Write one file: kubectl config view --flatten > FILE, then --kubeconfig FILE.",
    )
