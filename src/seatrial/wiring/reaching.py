"""How a cluster is reached: one kubeconfig context, or the pod's own account, for all that a command does."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from seatrial.clock import Clock
from seatrial.errors import BadInput
from seatrial.kube import ClusterAccess, Consent, Kubeconfig, Session, allow_nothing, connect, in_cluster
from seatrial.kube.discreet import Discreet
from seatrial.wiring.consenting import consents


class Reach(Discreet, frozen=True):
    """One cluster as one identity, found but not connected to."""

    HIDDEN = frozenset({"environment"})

    access: ClusterAccess
    kubeconfig: Path | None
    """The one file that holds the whole context, as Helm needs it; None where there is none."""
    context: str
    environment: Mapping[str, str]
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
    """The context named, or the current one, as kubectl would find it; in a pod without a kubeconfig, the
    pod's own account. Raise `BadInput` when unusable."""
    loaded = Kubeconfig.load(kubeconfig, env=environment, home=home)
    own = None
    if not loaded.contexts and not context and kubeconfig is None:
        own = in_cluster(environment)
    access = own or loaded.access(context or None)
    return Reach(
        access=access,
        kubeconfig=_file_with(access.name, loaded, environment),
        context=access.name,
        environment=environment,
        interactive=interactive,
        consent=consents(environment, home, interactive=interactive),
    )


def file_for_helm(reach: Reach) -> Path:
    """The kubeconfig for Helm: one file, so that nothing else can slip in; raise `BadInput` without one."""
    if reach.kubeconfig is None:
        raise BadInput(
            "Helm needs one kubeconfig file that holds this whole context, and there is none.",
            where=f"context {reach.context!r}",
            next_step="Write one: kubectl config view --flatten > FILE, then --kubeconfig FILE.",
        )
    return reach.kubeconfig


def _file_with(context: str, loaded: Kubeconfig, environment: Mapping[str, str]) -> Path | None:
    for path in loaded.files:
        try:
            Kubeconfig.load(path, env=environment).access(context)
        except BadInput:
            continue
        return path
    return None
