"""Kubeconfig files merged exactly as kubectl merges them, down to the access for one context.

The rules (client-go `clientcmd`): an explicit file stands alone and must exist; otherwise the files
of KUBECONFIG in their order, missing ones skipped, or `~/.kube/config`. For clusters, users and
contexts the first file that names an entry wins whole; `current-context` is the first one set.
Relative paths are relative to the file that holds them. The environment is an argument: only the
command line reads it.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
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
from seatrial.kube.kubeconfig_file import (
    ClusterEntry,
    ContextEntry,
    ExecEntry,
    KubeconfigFile,
    UserEntry,
    read_kubeconfig_file,
)
from seatrial.kube.proxy import proxy_from_environment

_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_EXEC_EXTENSION = "client.authentication.k8s.io/exec"
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class Context:
    """One line of `kubectl config get-contexts`."""

    name: str
    cluster: str
    user: str
    namespace: str
    current: bool


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """The merged view of one or more kubeconfig files."""

    files: tuple[Path, ...]
    """The files that were read, in order of precedence."""
    current_context: str
    _clusters: Mapping[str, tuple[Path, ClusterEntry]]
    _users: Mapping[str, tuple[Path, UserEntry]]
    _contexts: Mapping[str, tuple[Path, ContextEntry]]
    _env: Mapping[str, str]

    @classmethod
    def load(
        cls, explicit: Path | None = None, *, env: Mapping[str, str], home: Path | None = None
    ) -> Kubeconfig:
        """Read `explicit` (--kubeconfig), or what `env` and `home` point to; `BadInput` when unusable."""
        files: list[KubeconfigFile] = []
        for path in _precedence(explicit, env, home):
            try:
                files.append(read_kubeconfig_file(path))
            except FileNotFoundError:
                if explicit is not None:
                    raise BadInput(
                        "this kubeconfig does not exist.",
                        where=str(path),
                        next_step="Check the path given with --kubeconfig.",
                    ) from None
        return merge(tuple(files), env=env)

    @property
    def contexts(self) -> tuple[Context, ...]:
        """All contexts, sorted by name."""
        return tuple(
            Context(
                name, entry.cluster, entry.user, entry.namespace or "default", name == self.current_context
            )
            for name, (_, entry) in sorted(self._contexts.items())
        )

    def access(self, context: str | None = None) -> ClusterAccess:
        """How to reach `context` (by default the current one); reads the certificate files it names."""
        name = context or self.current_context
        if not name:
            raise BadInput(
                "no context is named and none is current."
                if self._contexts
                else "there is no cluster in it.",
                where=self._where(),
                next_step=self._offer("Name one with --context"),
            )
        if name not in self._contexts:
            raise BadInput(
                f"there is no context {name!r}.", where=self._where(), next_step=self._offer("Name another")
            )
        origin, entry = self._contexts[name]
        where = f"{origin}: context {name!r}"
        if entry.cluster not in self._clusters:
            raise _unusable(where, f"its cluster {entry.cluster!r} is not defined.")
        if entry.user and entry.user not in self._users:
            raise _unusable(where, f"its user {entry.user!r} is not defined.")
        cluster_origin, cluster = self._clusters[entry.cluster]
        user_origin, user = self._users[entry.user] if entry.user else (origin, UserEntry())
        at_cluster = f"{cluster_origin}: cluster {entry.cluster!r}"
        at_user = f"{user_origin}: user {entry.user!r}"
        server = _server(at_cluster, cluster.server)
        return ClusterAccess(
            name=name,
            server=server,
            namespace=entry.namespace or "default",
            ca=_authority(at_cluster, cluster_origin, cluster),
            tls_server_name=cluster.tls_server_name,
            insecure=cluster.insecure_skip_tls_verify,
            proxy_url=_proxy(at_cluster, cluster.proxy_url) or proxy_from_environment(server, self._env),
            login=_login(at_user, user_origin, entry.user, user, cluster),
            certificate=_certificate(at_user, user_origin, user),
            impersonate=_impersonation(at_user, user),
            disable_compression=cluster.disable_compression,
        )

    def _where(self) -> str:
        return ", ".join(map(str, self.files)) or "kubeconfig"

    def _offer(self, otherwise: str) -> str:
        if not self._contexts:
            return "Give a kubeconfig with --kubeconfig or KUBECONFIG."
        names = sorted(self._contexts)
        shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        return f"{otherwise}: {shown}."


def merge(files: tuple[KubeconfigFile, ...], *, env: Mapping[str, str]) -> Kubeconfig:
    """One view of `files`: the first that names an entry wins, whole."""
    clusters: dict[str, tuple[Path, ClusterEntry]] = {}
    users: dict[str, tuple[Path, UserEntry]] = {}
    contexts: dict[str, tuple[Path, ContextEntry]] = {}
    for file in files:
        for name, cluster in file.clusters.items():
            clusters.setdefault(name, (file.path, cluster))
        for name, user in file.users.items():
            users.setdefault(name, (file.path, user))
        for name, context in file.contexts.items():
            contexts.setdefault(name, (file.path, context))
    current = next((file.current_context for file in files if file.current_context), "")
    return Kubeconfig(tuple(file.path for file in files), current, clusters, users, contexts, env)


def in_cluster(env: Mapping[str, str], *, root: Path = _SERVICE_ACCOUNT) -> ClusterAccess | None:
    """Access through the pod's own service account, or None outside a pod."""
    host, port = env.get("KUBERNETES_SERVICE_HOST"), env.get("KUBERNETES_SERVICE_PORT")
    token = root / "token"
    if not host or not port or not token.exists():
        return None
    authority, namespace = root / "ca.crt", root / "namespace"
    return ClusterAccess(
        name="in-cluster",
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        namespace=(namespace.read_text().strip() if namespace.exists() else "") or "default",
        ca=authority.read_bytes() if authority.exists() else None,
        login=TokenFile(token),
    )


def _precedence(explicit: Path | None, env: Mapping[str, str], home: Path | None) -> tuple[Path, ...]:
    if explicit is not None:
        return (explicit,)
    if listed := env.get("KUBECONFIG"):
        return tuple(Path(part) for part in dict.fromkeys(listed.split(os.pathsep)) if part)
    home = home or (Path(env["HOME"]) if env.get("HOME") else None)
    return (home / ".kube" / "config",) if home else ()


def _server(where: str, server: str) -> str:
    if not server:
        raise _unusable(where, "it has no server.")
    full = server if "://" in server else f"http://{server}"
    try:
        parts = urlsplit(full)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise _unusable(where, "its server is not an http or https URL.")
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
        raise _unusable(where, "its proxy-url is not a URL with a host.")
    if parts.scheme not in ("http", "https"):
        raise _unusable(
            where,
            f"its proxy-url has the scheme {parts.scheme!r}, which Seatrial cannot speak.",
            "Use an http or https proxy (ssh -D tunnels can be put behind one).",
        )
    return url


def _authority(where: str, origin: Path, cluster: ClusterEntry) -> bytes | None:
    if cluster.insecure_skip_tls_verify and (
        cluster.certificate_authority_data or cluster.certificate_authority
    ):
        raise _unusable(
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
        return _file(where, "certificate-authority", origin, cluster.certificate_authority).read_bytes()
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
        raise _unusable(where, f"it has half a client certificate: no {missing} or {missing}-data.")
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
        else _file(where, "client-certificate", origin, user.client_certificate).read_bytes()
    )
    key = (
        _pem(where, "client-key-data", user.client_key_data)
        if user.client_key_data
        else _file(where, "client-key", origin, user.client_key).read_bytes()
    )
    return ClientCertificate(certificate, key)


def _login(where: str, origin: Path, name: str, user: UserEntry, cluster: ClusterEntry) -> Login | None:
    if user.auth_provider is not None:
        raise _unusable(
            where,
            f"it uses the auth-provider {user.auth_provider.name!r}, which Kubernetes removed in 1.26.",
            "Renew the kubeconfig with your provider's command, so that it uses an exec plugin.",
        )
    if (user.token or user.token_file) and (user.username or user.password):
        raise _unusable(where, "it has both a token and a password.", "Keep one of them.")
    if user.token_file:
        return TokenFile(_file(where, "tokenFile", origin, user.token_file))
    if user.token:
        if any(ord(letter) < 33 or ord(letter) > 126 for letter in user.token):
            raise _unusable(where, "its token holds spaces, line breaks or other characters no token has.")
        return Token(user.token)
    if user.username or user.password:
        return Basic(user.username, user.password)
    return _exec(where, origin, name, user.exec, cluster) if user.exec is not None else None


def _exec(where: str, origin: Path, name: str, entry: ExecEntry, cluster: ClusterEntry) -> ExecSpec:
    if not entry.command:
        raise _unusable(where, "its exec plugin names no command.")
    if entry.api_version not in _EXEC_VERSIONS:
        raise _unusable(
            where,
            f"its exec plugin has the apiVersion {entry.api_version!r}; only v1 and v1beta1 are spoken.",
            "Renew the kubeconfig with your provider's command.",
        )
    if entry.api_version == _EXEC_VERSIONS[0] and not entry.interactive_mode:
        raise _unusable(
            where, "its exec plugin of v1 sets no interactiveMode.", "Add interactiveMode: IfAvailable."
        )
    if entry.interactive_mode not in ("", "Never", "IfAvailable", "Always"):
        raise _unusable(where, "its exec plugin has an interactiveMode that does not exist.")
    if any(not variable.name for variable in entry.env):
        raise _unusable(where, "its exec plugin has an env entry without a name.")
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
            raise _unusable(where, "it impersonates groups or a uid without a user.", "Add as: <user>.")
        return None
    extra = tuple((key, tuple(values)) for key, values in sorted(user.as_user_extra.items()))
    return Impersonation(user.as_user, tuple(user.as_groups), user.as_uid, extra)


def _resolve(origin: Path, path: str) -> Path:
    return Path(path) if Path(path).is_absolute() else Path(os.path.normpath(origin.parent.absolute() / path))


def _file(where: str, field: str, origin: Path, path: str) -> Path:
    full = _resolve(origin, path)
    try:
        with full.open("rb"):
            return full
    except OSError as error:
        raise _unusable(where, f"its {field} {full} cannot be read ({error.strerror}).") from None


def _not_both(where: str, field: str, path: str, data: str) -> None:
    if path and data:
        raise _unusable(where, f"it sets both {field} and {field}-data.", "Keep one of them.")


def _pem(where: str, field: str, data: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _unusable(where, f"its {field} is not valid base64.") from None


def _unusable(where: str, what: str, next_step: str = "") -> BadInput:
    return BadInput(
        what, where=where, next_step=next_step or "Correct the kubeconfig, or name another context."
    )
