"""Credentials from a client-go exec plugin: run once, shared by all who wait, kept until they expire.

A plugin is a program of somebody else's choosing that runs with our rights, so it runs only after
consent: a `Consent` is asked each time before the command starts. What a plugin prints is secret and
never appears in an error; its standard error is shown to a person on a terminal (login prompts go
there) and dropped otherwise.

The patience with a plugin is the wall's, not the `Clock`'s: a simulated clock stands still while a
subprocess is held.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from seatrial.child_process import kill_child, start_child
from seatrial.clock import Clock
from seatrial.errors import BadInput, Forbidden, SeatrialError, TemporaryError
from seatrial.kube.access import ClientCertificate, ClusterAccess, ExecSpec
from seatrial.kube.consent import Consent, allow_nothing, located, wish_to_run
from seatrial.kube.discreet import Discreet

PATIENCE = 60.0  # wall seconds; a plugin that opens a browser gets it while a person is at the terminal
_MAX_OUTPUT = 1024 * 1024
_LEEWAY = 10.0  # seconds before expiry at which a credential counts as expired


class ExecCredential(Discreet, frozen=True):
    """What a plugin answered."""

    HIDDEN = frozenset({"token"})

    token: str = ""
    certificate: ClientCertificate | None = None
    expires: datetime | None = None


class _Status(Discreet, rename="camel", frozen=True):
    HIDDEN = frozenset({"token", "client_certificate_data", "client_key_data"})

    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: str = ""


class _Credential(msgspec.Struct, rename="camel", frozen=True):
    api_version: str = ""
    kind: str = ""
    status: _Status | None = None


_decoder = msgspec.json.Decoder(_Credential)


class ExecPlugin:
    """The plugin of one cluster access, with its cached credential."""

    def __init__(
        self,
        spec: ExecSpec,
        access: ClusterAccess,
        clock: Clock,
        *,
        consent: Consent = allow_nothing,
        interactive: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self._spec = spec
        self._access = access
        self._clock = clock
        self._consent = consent
        self._interactive = interactive
        self._patience = patience
        self._one_at_a_time = asyncio.Lock()
        self._cached: ExecCredential | None = None

    async def credential(self) -> ExecCredential:
        """The cached credential, or a fresh one; callers at the same time share one run."""
        async with self._one_at_a_time:
            if self._cached is None or self._expired(self._cached):
                self._cached = None
                with self._clock.hold(f"exec plugin {self._spec.command}"):
                    fresh = await self._run()
                if self._expired(fresh):
                    raise self._problem(
                        f"the exec plugin answered with a credential that expired at {fresh.expires}.",
                        "Log in again with your provider's command; check this machine's clock.",
                    )
                self._cached = fresh
            return self._cached

    def forget(self, refused: ExecCredential) -> None:
        """The server refused `refused`: run the plugin again next time (unless somebody already did)."""
        if self._cached is refused:
            self._cached = None

    def _expired(self, credential: ExecCredential) -> bool:
        if credential.expires is None:
            return False
        return (credential.expires - self._clock.now()).total_seconds() <= _LEEWAY

    async def _run(self) -> ExecCredential:
        spec = self._spec
        program = located(spec.command)
        if program is None:
            raise self._missing()
        if not self._consent(wish_to_run(spec, self._access)):
            raise Forbidden(
                f"the kubeconfig wants to run the exec plugin {spec.command!r}, which nobody has allowed.",
                where=self._where,
                next_step="If you trust who made it, run `seatrial check` with this context once from a"
                f" terminal, or set SEATRIAL_ALLOW_EXEC={spec.command}.",
            )
        interactive = self._interactive and spec.interactive_mode != "Never"
        if spec.interactive_mode == "Always" and not interactive:
            raise self._problem(
                f"the exec plugin {spec.command!r} needs a terminal to ask its questions.",
                "Run Seatrial from a terminal, or use a context with another login.",
            )
        try:
            process = await start_child(
                program,
                *spec.args,
                env={**os.environ, **dict(spec.env), "KUBERNETES_EXEC_INFO": self._exec_info(interactive)},
                stdin=None if interactive else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=sys.stderr if interactive else asyncio.subprocess.DEVNULL,
                # a session of its own, so that its children end with it; a person's terminal must stay theirs
                start_new_session=not interactive,
            )
        except (FileNotFoundError, NotADirectoryError):
            raise self._missing() from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "bad arguments"
            raise self._problem(f"the exec plugin {spec.command!r} cannot be started ({reason}).") from None
        return self._parse(await self._output(process, alone=not interactive))

    async def _output(self, process: asyncio.subprocess.Process, *, alone: bool) -> bytes:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        output = b""
        try:
            async with asyncio.timeout(self._patience):
                while chunk := await process.stdout.read(65536):
                    output += chunk
                    if len(output) > _MAX_OUTPUT:
                        raise self._problem(f"the exec plugin {self._spec.command!r} printed too much.")
                code = await process.wait()
        except TimeoutError:
            raise TemporaryError(
                f"the exec plugin {self._spec.command!r} did not answer within {self._patience:g} s.",
                where=self._where,
                next_step="Run it by hand: does it wait for a login, or for the network?",
            ) from None
        finally:
            await kill_child(process, group=alone)
        if code != 0:
            raise self._problem(
                f"the exec plugin {self._spec.command!r} failed with exit code {code}.",
                "Run it by hand to see why; mostly the login has expired: log in again and repeat.",
            )
        return output

    def _parse(self, output: bytes) -> ExecCredential:
        try:
            answer = _decoder.decode(output)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._problem(
                f"the exec plugin {self._spec.command!r} did not print an ExecCredential."
            ) from None
        if answer.kind != "ExecCredential":
            raise self._problem(
                f"the exec plugin {self._spec.command!r} printed something else than an ExecCredential."
            )
        if answer.api_version != self._spec.api_version:
            raise self._problem(
                f"the exec plugin {self._spec.command!r} answered in another version of the protocol than "
                f"{self._spec.api_version}.",
                "Set the apiVersion in the kubeconfig to what the plugin speaks, or update the plugin.",
            )
        status = answer.status or _Status()
        if not status.token and not status.client_certificate_data:
            raise self._problem(
                f"the exec plugin {self._spec.command!r} answered with neither a token nor a certificate."
            )
        if bool(status.client_certificate_data) != bool(status.client_key_data):
            raise self._problem(
                f"the exec plugin {self._spec.command!r} answered with half a client certificate."
            )
        if any(not 33 <= ord(letter) <= 126 for letter in status.token):
            raise self._problem(f"the exec plugin {self._spec.command!r} answered with a token that is none.")
        certificate = None
        if status.client_certificate_data:
            certificate = ClientCertificate(
                status.client_certificate_data.encode(), status.client_key_data.encode()
            )
        return ExecCredential(status.token, certificate, self._expiry(status.expiration_timestamp))

    def _expiry(self, text: str) -> datetime | None:
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self._problem(
                f"the exec plugin {self._spec.command!r} answered with an expiry that is not a time."
            ) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _exec_info(self, interactive: bool) -> str:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._spec.provide_cluster_info:
            import base64

            cluster: dict[str, Any] = {"server": self._access.server}
            if self._access.tls_server_name:
                cluster["tls-server-name"] = self._access.tls_server_name
            if self._access.insecure:
                cluster["insecure-skip-tls-verify"] = True
            if self._access.ca is not None:
                cluster["certificate-authority-data"] = base64.b64encode(self._access.ca).decode()
            if self._access.proxy_url:
                cluster["proxy-url"] = self._access.proxy_url
            if self._spec.cluster_config is not None:
                cluster["config"] = self._spec.cluster_config
            spec["cluster"] = cluster
        info = {"kind": "ExecCredential", "apiVersion": self._spec.api_version, "spec": spec}
        return msgspec.json.encode(info).decode()

    def _missing(self) -> SeatrialError:
        hint = f" {_one_line(self._spec.install_hint)}" if self._spec.install_hint else ""
        return self._problem(
            f"the exec plugin {self._spec.command!r} is not installed.",
            f"Install it and make sure that it is on PATH.{hint}",
        )

    @property
    def _where(self) -> str:
        return f"context {self._access.name!r}, user {self._spec.user!r}"

    def _problem(self, what: str, next_step: str = "") -> SeatrialError:
        return BadInput(
            what, where=self._where, next_step=next_step or "Check the plugin, or renew the kubeconfig."
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
