"""The cluster, user and context entries of a kubeconfig turned into one `ClusterAccess`, or refused.

Relative paths are relative to the file that holds the entry. Combinations that kubectl refuses are
refused here too, each with the file, the entry and the next step; the value itself is never shown.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from seatrial.errors import BadInput
from seatrial.kube.access import (
    Basic,
    Certificate,
    ClientCertificate,
    ClientCertificateFiles,
    ClusterAccess,
    ExecSpec,
    Impersonation,
    Login,
    Token,
    TokenFile,
)
from seatrial.kube.kubeconfig_file import ClusterEntry, ContextEntry, ExecEntry, UserEntry
from seatrial.kube.named_file import read_named_file
from seatrial.kube.proxy import proxy_from_environment

_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_EXEC_EXTENSION = "client.authentication.k8s.io/exec"


def access_of(
    name: str,
    context: ContextEntry,
    cluster_of: tuple[Path, ClusterEntry],
    user_of: tuple[Path, UserEntry],
    *,
    env: Mapping[str, str],
) -> ClusterAccess:
    """How to reach `context`; cluster and user come with the file that holds each."""
    (cluster_origin, cluster), (user_origin, user) = cluster_of, user_of
    at_cluster = f"{cluster_origin}: cluster {context.cluster!r}"
    at_user = f"{user_origin}: user {context.user!r}"
    server = _server(at_cluster, cluster.server)
    return ClusterAccess(
        name=name,
        server=server,
        namespace=context.namespace or "default",
        ca=_authority(at_cluster, cluster_origin, cluster),
        tls_server_name=cluster.tls_server_name,
        insecure=cluster.insecure_skip_tls_verify,
        proxy_url=_proxy(at_cluster, cluster.proxy_url) or proxy_from_environment(server, env),
        login=_login(at_user, user_origin, context.user, user, cluster),
        certificate=_certificate(at_user, user_origin, user),
        impersonate=_impersonation(at_user, user),
        disable_compression=cluster.disable_compression,
    )


def _server(where: str, server: str) -> str:
    if not server:
        raise unusable(where, "it has no server.")
    full = server if "://" in server else f"http://{server}"
    try:
        parts = urlsplit(full)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise unusable(where, "its server is not an http or https URL.")
    if "@" in parts.netloc:
        raise unusable(where, "it has credentials in its server URL.", "Move them to the user entry.")
    return full.rstrip("/")


def _proxy(where: str, url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid:
        raise unusable(where, "its proxy-url is not a URL with a host.")
    if parts.scheme not in ("http", "https"):
        raise unusable(
            where,
            f"its proxy-url has the scheme {parts.scheme!r}, which Seatrial cannot speak.",
            "Use an http or https proxy (ssh -D tunnels can be put behind one).",
        )
    return url


def _authority(where: str, origin: Path, cluster: ClusterEntry) -> bytes | None:
    if cluster.insecure_skip_tls_verify and (
        cluster.certificate_authority_data or cluster.certificate_authority
    ):
        raise unusable(
            where,
            "it sets insecure-skip-tls-verify and also a certificate authority.",
            "Remove insecure-skip-tls-verify.",
        )
    _not_both(
        where, "certificate-authority", cluster.certificate_authority, cluster.certificate_authority_data
    )
    if cluster.certificate_authority_data:
        return _pem(where, "certificate-authority-data", cluster.certificate_authority_data)
    if cluster.certificate_authority:
        return _content(where, "certificate-authority", origin, cluster.certificate_authority)
    return None


def _certificate(where: str, origin: Path, user: UserEntry) -> Certificate | None:
    _not_both(where, "client-certificate", user.client_certificate, user.client_certificate_data)
    _not_both(where, "client-key", user.client_key, user.client_key_data)
    has_certificate = bool(user.client_certificate or user.client_certificate_data)
    has_key = bool(user.client_key or user.client_key_data)
    if not has_certificate and not has_key:
        return None
    if has_certificate != has_key:
        missing = "client-key" if has_certificate else "client-certificate"
        raise unusable(where, f"it has half a client certificate: no {missing} or {missing}-data.")
    if (
        user.client_certificate
        and user.client_key
        and not (user.client_certificate_data or user.client_key_data)
    ):
        return ClientCertificateFiles(
            _file(where, "client-certificate", origin, user.client_certificate),
            _file(where, "client-key", origin, user.client_key),
        )
    certificate = (
        _pem(where, "client-certificate-data", user.client_certificate_data)
        if user.client_certificate_data
        else _content(where, "client-certificate", origin, user.client_certificate)
    )
    key = (
        _pem(where, "client-key-data", user.client_key_data)
        if user.client_key_data
        else _content(where, "client-key", origin, user.client_key)
    )
    return ClientCertificate(certificate, key)


def _login(where: str, origin: Path, name: str, user: UserEntry, cluster: ClusterEntry) -> Login | None:
    if user.auth_provider is not None:
        raise unusable(
            where,
            f"it uses the auth-provider {user.auth_provider.name!r}, which Kubernetes removed in 1.26.",
            "Renew the kubeconfig with your provider's command, so that it uses an exec plugin.",
        )
    if (user.token or user.token_file) and (user.username or user.password):
        raise unusable(where, "it has both a token and a password.", "Keep one of them.")
    if user.token_file:
        return TokenFile(_file(where, "tokenFile", origin, user.token_file), origin)
    if user.token:
        if any(ord(letter) < 33 or ord(letter) > 126 for letter in user.token):
            raise unusable(where, "its token holds spaces, line breaks or other characters no token has.")
        return Token(user.token)
    if user.username or user.password:
        return Basic(user.username, user.password)
    return _exec(where, origin, name, user.exec, cluster) if user.exec is not None else None


def _exec(where: str, origin: Path, name: str, entry: ExecEntry, cluster: ClusterEntry) -> ExecSpec:
    if not entry.command:
        raise unusable(where, "its exec plugin names no command.")
    if entry.api_version not in _EXEC_VERSIONS:
        raise unusable(
            where,
            f"its exec plugin has the apiVersion {entry.api_version!r}; only v1 and v1beta1 are spoken.",
            "Renew the kubeconfig with your provider's command.",
        )
    if entry.api_version == _EXEC_VERSIONS[0] and not entry.interactive_mode:
        raise unusable(
            where, "its exec plugin of v1 sets no interactiveMode.", "Add interactiveMode: IfAvailable."
        )
    if entry.interactive_mode not in ("", "Never", "IfAvailable", "Always"):
        raise unusable(where, "its exec plugin has an interactiveMode that does not exist.")
    if any(not variable.name for variable in entry.env):
        raise unusable(where, "its exec plugin has an env entry without a name.")
    command = entry.command
    if os.sep in command:
        command = str(_resolve(origin, command))
    return ExecSpec(
        command=command,
        args=tuple(entry.args),
        env=tuple((variable.name, variable.value) for variable in entry.env),
        api_version=entry.api_version,
        interactive_mode=entry.interactive_mode or "IfAvailable",
        provide_cluster_info=entry.provide_cluster_info,
        install_hint=entry.install_hint,
        user=name,
        origin=origin,
        cluster_config=next((e.extension for e in cluster.extensions if e.name == _EXEC_EXTENSION), None),
    )


def _impersonation(where: str, user: UserEntry) -> Impersonation | None:
    if not user.as_user:
        if user.as_groups or user.as_uid or user.as_user_extra:
            raise unusable(where, "it impersonates groups or a uid without a user.", "Add as: <user>.")
        return None
    everything = (user.as_user, user.as_uid, *user.as_groups, *user.as_user_extra)
    if not all(
        text.isprintable() for text in (*everything, *(v for vs in user.as_user_extra.values() for v in vs))
    ):
        raise unusable(where, "it impersonates a name with line breaks or other control characters.")
    extra = tuple((key, tuple(values)) for key, values in sorted(user.as_user_extra.items()))
    return Impersonation(user.as_user, tuple(user.as_groups), user.as_uid, extra)


def _resolve(origin: Path, path: str) -> Path:
    return Path(path) if Path(path).is_absolute() else Path(os.path.normpath(origin.parent.absolute() / path))


def _file(where: str, field: str, origin: Path, path: str) -> Path:
    """The path, when what is there can be read."""
    _content(where, field, origin, path)
    return _resolve(origin, path)


def _content(where: str, field: str, origin: Path, path: str) -> bytes:
    full = _resolve(origin, path)
    try:
        return read_named_file(full)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise unusable(where, f"its {field} {full} cannot be read ({reason}).") from None


def _not_both(where: str, field: str, path: str, data: str) -> None:
    if path and data:
        raise unusable(where, f"it sets both {field} and {field}-data.", "Keep one of them.")


def _pem(where: str, field: str, data: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise unusable(where, f"its {field} is not valid base64.") from None


def unusable(where: str, what: str, next_step: str = "") -> BadInput:
    return BadInput(
        what, where=where, next_step=next_step or "Correct the kubeconfig, or name another context."
    )
