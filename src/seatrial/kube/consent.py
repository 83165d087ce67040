"""What a kubeconfig asks of this machine that may harm its user, and who may allow it.

A kubeconfig is a program in disguise: an exec plugin runs a command with our rights, a `tokenFile`
sends a file of ours to a server of its author's choosing. So each such wish is put to a `Consent`
before anything is run, read or sent; without one the answer is no. A wish is known by a
fingerprint of all that decides what would happen, the server included: a kubeconfig that runs the usual
plugin but sends what it answers elsewhere is another wish.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import msgspec

from seatrial.kube.access import ClusterAccess, ExecSpec, TokenFile
from seatrial.kube.discreet import Discreet

_POD_MOUNTS = (Path("/var/run/secrets"), Path("/run/secrets"))


class Harm(Enum):
    """What is asked for."""

    RUN = "run a program"
    SEND = "send a file"


class Wish(Discreet, frozen=True):
    """One thing that one context of one kubeconfig asks for."""

    HIDDEN = frozenset({"arguments", "environment"})

    harm: Harm
    subject: str
    """The program or the file, as an absolute path; a program that was not found as it is written."""
    bare: str
    """The program's name when the kubeconfig gives no path, so that it was looked for on PATH."""
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    server: str
    """To which the outcome is sent."""
    context: str
    user: str
    kubeconfig: Path | None
    fingerprint: str


Consent = Callable[[Wish], bool]
"""Whether a wish is allowed; asked each time before it is fulfilled."""


def allow_nothing(wish: Wish) -> bool:
    """The default: a caller that has nobody to ask must not run what a file says."""
    return False


def consent_given(wish: Wish) -> bool:
    """For a kubeconfig of our own making."""
    return True


def wish_to_run(spec: ExecSpec, access: ClusterAccess) -> Wish:
    """To run an exec plugin."""
    bare = "" if os.sep in spec.command else spec.command
    program = located(spec.command) or spec.command
    return Wish(
        harm=Harm.RUN,
        subject=program,
        bare=bare,
        arguments=spec.args,
        environment=spec.env,
        server=access.server,
        context=access.name,
        user=spec.user,
        kubeconfig=spec.origin,
        fingerprint=_fingerprint(
            Harm.RUN.value,
            program,
            spec.args,
            spec.env,
            spec.api_version,
            spec.interactive_mode,
            spec.provide_cluster_info,
            spec.cluster_config,
            *_destination(access),
        ),
    )


def wish_to_send(login: TokenFile, access: ClusterAccess) -> Wish | None:
    """To send a token file; None where nobody needs to be asked.

    That is the file beside the kubeconfig or below its folder, which came with it, and what a pod is given.
    Links are followed first: one beside the kubeconfig may lead anywhere.
    """
    path = login.path.resolve()
    if login.origin is None or any(path.is_relative_to(mount) for mount in _POD_MOUNTS):
        return None
    if path.is_relative_to(login.origin.absolute().parent.resolve()) and not _is_home(login.origin):
        return None
    return Wish(
        harm=Harm.SEND,
        subject=str(path),
        bare="",
        arguments=(),
        environment=(),
        server=access.server,
        context=access.name,
        user="",
        kubeconfig=login.origin,
        fingerprint=_fingerprint(Harm.SEND.value, str(path), *_destination(access)),
    )


def located(command: str) -> str | None:
    """The absolute path of a plugin's program; None when it is not there.

    As Go does for kubectl: a bare name is looked for on our own PATH, not on one that the kubeconfig sets
    for the plugin, and never in the working directory.
    """
    if os.sep in command:
        return command
    found = shutil.which(command)
    return found if found and Path(found).is_absolute() else None


def _is_home(kubeconfig: Path) -> bool:
    """A kubeconfig saved right into the home folder has everything of ours below its folder."""
    return Path.home().is_relative_to(kubeconfig.absolute().parent.resolve())


def _destination(access: ClusterAccess) -> tuple[object, ...]:
    trusted = hashlib.sha256(access.ca).hexdigest() if access.ca is not None else ""
    unproved = access.insecure or access.server.startswith("http://")
    proxy = access.proxy_url if unproved else ""  # else it sees nothing but TLS
    return access.server, access.tls_server_name, access.insecure, trusted, proxy


def _fingerprint(*parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
