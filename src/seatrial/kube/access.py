"""How one cluster is reached and who we are there: the value that a kubeconfig context comes down to.

Secret fields never show in `repr`, so that a log line or an assertion cannot leak them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, written in the kubeconfig."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenFile:
    """A file with a bearer token that something else renews: read again for every request."""

    path: Path
    origin: Path | None = None
    """The kubeconfig that names it; None for one that we chose ourselves."""


@dataclass(frozen=True, slots=True)
class Basic:
    """User name and password; API servers since 1.19 refuse it, proxies in front of them may not."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExecSpec:
    """A client-go credential plugin: a command on this machine that prints credentials.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
    Arguments and environment may hold secrets, so errors and `repr` name only the command.
    """

    command: str
    args: tuple[str, ...] = field(default=(), repr=False)
    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    api_version: str = "client.authentication.k8s.io/v1"
    interactive_mode: str = "IfAvailable"
    provide_cluster_info: bool = False
    install_hint: str = ""
    user: str = ""
    """The kubeconfig user that asks for it, for messages."""
    origin: Path | None = None
    """The kubeconfig file that asks for it: what consent is given to."""
    cluster_config: object | None = field(default=None, repr=False)
    """The cluster's extension `client.authentication.k8s.io/exec`, handed to the plugin as `config`."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate and its key, in PEM."""

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCertificateFiles:
    """A client certificate and its key in files that something else may renew."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Act as somebody else: `kubectl --as`, `--as-group`, `--as-uid`."""

    user: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


Login = Token | TokenFile | Basic | ExecSpec
Certificate = ClientCertificate | ClientCertificateFiles


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """One cluster as one identity."""

    name: str
    """What people call it: the context's name."""
    server: str
    namespace: str = "default"
    ca: bytes | None = field(default=None, repr=False)
    """The only authorities trusted for this cluster, in PEM; None means the system's."""
    tls_server_name: str = ""
    insecure: bool = False
    proxy_url: str = field(default="", repr=False)
    login: Login | None = None
    certificate: Certificate | None = None
    impersonate: Impersonation | None = None
    disable_compression: bool = False
