"""How one cluster is reached and who we are there: the value that a kubeconfig context comes down to.

Secret fields never show in `repr`, so that a log line or an assertion cannot leak them.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from seatrial.kube.discreet import Discreet


class Token(Discreet, frozen=True):
    """A bearer token, written in the kubeconfig."""

    HIDDEN = frozenset({"value"})

    value: str


class TokenFile(msgspec.Struct, frozen=True):
    """A file with a bearer token that something else renews: read again for every request."""

    path: Path
    origin: Path | None = None
    """The kubeconfig that names it; None for one that we chose ourselves."""


class Basic(Discreet, frozen=True):
    """User name and password; API servers since 1.19 refuse it, proxies in front of them may not."""

    HIDDEN = frozenset({"password"})

    username: str
    password: str


class ExecSpec(Discreet, frozen=True):
    """A client-go credential plugin: a command on this machine that prints credentials.

    https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
    Arguments and environment may hold secrets, so errors and `repr` name only the command.
    """

    HIDDEN = frozenset({"args", "env", "cluster_config"})

    command: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    api_version: str = "client.authentication.k8s.io/v1"
    interactive_mode: str = "IfAvailable"
    provide_cluster_info: bool = False
    install_hint: str = ""
    user: str = ""
    """The kubeconfig user that asks for it, for messages."""
    origin: Path | None = None
    """The kubeconfig file that asks for it: what consent is given to."""
    cluster_config: object | None = None
    """The cluster's extension `client.authentication.k8s.io/exec`, handed to the plugin as `config`."""


class ClientCertificate(Discreet, frozen=True):
    """A client certificate and its key, in PEM."""

    HIDDEN = frozenset({"certificate", "key"})

    certificate: bytes
    key: bytes


class ClientCertificateFiles(msgspec.Struct, frozen=True):
    """A client certificate and its key in files that something else may renew."""

    certificate: Path
    key: Path


class Impersonation(msgspec.Struct, frozen=True):
    """Act as somebody else: `kubectl --as`, `--as-group`, `--as-uid`."""

    user: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()


Login = Token | TokenFile | Basic | ExecSpec
Certificate = ClientCertificate | ClientCertificateFiles


class ClusterAccess(Discreet, frozen=True):
    """One cluster as one identity."""

    HIDDEN = frozenset({"ca", "proxy_url"})

    name: str
    """What people call it: the context's name."""
    server: str
    namespace: str = "default"
    ca: bytes | None = None
    """The only authorities trusted for this cluster, in PEM; None means the system's."""
    tls_server_name: str = ""
    insecure: bool = False
    proxy_url: str = ""
    login: Login | None = None
    certificate: Certificate | None = None
    impersonate: Impersonation | None = None
    disable_compression: bool = False
