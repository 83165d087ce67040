"""Kubeconfig files merged exactly as kubectl merges them, down to the access for one context.

The rules (client-go `clientcmd`): an explicit file stands alone and must exist; otherwise the files
of KUBECONFIG in their order, missing ones skipped, or `~/.kube/config`. For clusters, users and
contexts the first file that names an entry wins whole; `current-context` is the first one set.
The environment is an argument: only the command line reads it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from seatrial.errors import BadInput
from seatrial.kube.access import ClusterAccess, TokenFile
from seatrial.kube.context_access import access_of, unusable
from seatrial.kube.discreet import Discreet
from seatrial.kube.kubeconfig_file import (
    ClusterEntry,
    ContextEntry,
    KubeconfigFile,
    UserEntry,
    read_kubeconfig_file,
)

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Context(msgspec.Struct, frozen=True):
    """One line of `kubectl config get-contexts`."""

    name: str
    cluster: str
    user: str
    namespace: str
    current: bool


class Kubeconfig(Discreet, frozen=True):
    """The merged view of one or more kubeconfig files."""

    HIDDEN = frozenset({"_clusters", "_users", "_contexts", "_env"})

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
                else ("there is no cluster in it." if self.files else "no kubeconfig was found."),
                where=self._where(),
                next_step=self._offer("Name one with --context"),
            )
        if not self._contexts:
            raise BadInput(
                "it defines no context; the file may be cut off.",
                where=self._where(),
                next_step="Renew it with your provider's command, or name another with --kubeconfig.",
            )
        if name not in self._contexts:
            raise BadInput(
                f"there is no context {name!r}.", where=self._where(), next_step=self._offer("Name another")
            )
        origin, entry = self._contexts[name]
        where = f"{origin}: context {name!r}"
        if entry.cluster not in self._clusters:
            raise unusable(where, f"its cluster {entry.cluster!r} is not defined.")
        if entry.user and entry.user not in self._users:
            raise unusable(where, f"its user {entry.user!r} is not defined.")
        return access_of(
            name,
            entry,
            self._clusters[entry.cluster],
            self._users[entry.user] if entry.user else (origin, UserEntry()),
            env=self._env,
        )

    def _where(self) -> str:
        return ", ".join(map(str, self.files))

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
