"""One kubeconfig file on disk, read into types: every way it can be broken is one `BadInput`.

Parsed with ryaml (compiled, refuses duplicate keys, and a file of 500 contexts is read in
milliseconds). It names no line for a duplicate key, so only then is the file read once more with
ruamel.yaml, which does. Unknown fields are ignored, as kubectl ignores them; a field of the wrong
type is an error, as it is for kubectl. Messages name the field, never its value.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from seatrial.cluster.objects import without_nulls
from seatrial.errors import BadInput
from seatrial.kube.discreet import Discreet

_MAX_BYTES = 32 * 1024 * 1024


class _File(Discreet, rename="kebab", frozen=True):
    pass


class Extension(_File, frozen=True):
    HIDDEN = frozenset({"extension"})

    name: str = ""
    extension: Any = None


class ClusterEntry(_File, frozen=True):
    HIDDEN = frozenset({"proxy_url"})

    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: list[Extension] = msgspec.field(default_factory=list)


class EnvEntry(_File, frozen=True):
    HIDDEN = frozenset({"value"})

    name: str = ""
    value: str = ""


class ExecEntry(_File, rename="camel", frozen=True):
    HIDDEN = frozenset({"args", "env"})

    command: str = ""
    args: list[str] = msgspec.field(default_factory=list)
    env: list[EnvEntry] = msgspec.field(default_factory=list)
    api_version: str = ""
    interactive_mode: str = ""
    provide_cluster_info: bool = False
    install_hint: str = ""


class AuthProviderEntry(_File, frozen=True):
    name: str = ""


class UserEntry(_File, frozen=True):
    HIDDEN = frozenset({"client_certificate_data", "client_key_data", "token", "password"})

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = msgspec.field(default="", name="tokenFile")
    username: str = ""
    password: str = ""
    as_user: str = msgspec.field(default="", name="as")
    as_uid: str = ""
    as_groups: list[str] = msgspec.field(default_factory=list)
    as_user_extra: dict[str, list[str]] = msgspec.field(default_factory=dict)
    exec: ExecEntry | None = None
    auth_provider: AuthProviderEntry | None = None


class ContextEntry(_File, frozen=True):
    cluster: str = ""
    user: str = ""
    namespace: str = ""


class _NamedCluster(_File, frozen=True):
    name: str = ""
    cluster: ClusterEntry = ClusterEntry()


class _NamedUser(_File, frozen=True):
    name: str = ""
    user: UserEntry = UserEntry()


class _NamedContext(_File, frozen=True):
    name: str = ""
    context: ContextEntry = ContextEntry()


class _Document(_File, frozen=True):
    current_context: str = ""
    clusters: list[_NamedCluster] = msgspec.field(default_factory=list)
    users: list[_NamedUser] = msgspec.field(default_factory=list)
    contexts: list[_NamedContext] = msgspec.field(default_factory=list)


class KubeconfigFile(msgspec.Struct, frozen=True):
    """What one file says, by name."""

    path: Path
    current_context: str
    clusters: dict[str, ClusterEntry]
    users: dict[str, UserEntry]
    contexts: dict[str, ContextEntry]


def read_kubeconfig_file(path: Path) -> KubeconfigFile:
    """The file at `path`; FileNotFoundError when there is none, `BadInput` for anything unusable."""
    document = _document(path, _parse(path, _text(path)))
    return KubeconfigFile(
        path=path,
        current_context=document.current_context,
        clusters=_by_name(path, "cluster", [(c.name, c.cluster) for c in document.clusters]),
        users=_by_name(path, "user", [(u.name, u.user) for u in document.users]),
        contexts=_by_name(path, "context", [(c.name, c.context) for c in document.contexts]),
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BadInput(
            f"the kubeconfig cannot be read ({error.strerror}).",
            where=str(path),
            next_step="Check the path and its permissions, or name another file with --kubeconfig.",
        ) from None
    if len(data) > _MAX_BYTES:
        raise _broken(path, f"the kubeconfig is larger than {_MAX_BYTES // 1024 // 1024} MiB.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken(path, f"the kubeconfig is not UTF-8 text (byte {error.start}).") from None


def _parse(path: Path, text: str) -> Any:
    import ryaml

    try:
        return ryaml.loads(text)
    except ValueError as error:
        problem = str(error)
    except RecursionError:
        problem = "it is nested too deeply"
    if "duplicate" in problem:
        problem, line = _duplicate_key(text)
        raise _broken(path, problem, line)
    line = int(found.group(1)) if (found := re.search(r"at line (\d+)", problem)) else 0
    reason = re.sub(r"['\"].*?['\"]", "…", problem.split(" at line ")[0])
    if line and text.splitlines()[line - 1 : line] and text.splitlines()[line - 1].startswith("\t"):
        reason = "a tab where YAML wants spaces"
    raise _broken(path, f"the kubeconfig is not valid YAML: {reason}.", line)


def _duplicate_key(text: str) -> tuple[str, int]:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        YAML(typ="safe", pure=True).load(text)
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        key = (
            found.group(1)
            if (found := re.match(r'found duplicate key "([^"]*)"', str(error.problem)))
            else ""
        )
        return f"the key {key!r} is written twice in one mapping.", line
    except YAMLError:
        pass
    return "a key is written twice in one mapping.", 0


def _document(path: Path, data: Any) -> _Document:
    if data is None:
        return _Document()
    if not isinstance(data, dict):
        raise _broken(path, "the kubeconfig is not a mapping with clusters, users and contexts.")
    if "kind" in data and data["kind"] not in ("Config", None, ""):
        raise _broken(path, "this file is another kind of object than a kubeconfig (kind: Config).")
    try:
        return msgspec.convert(without_nulls(data), _Document)
    except msgspec.ValidationError as error:
        raise _broken(path, f"a field of the kubeconfig has the wrong type: {_field(str(error))}.") from None


def _field(problem: str) -> str:
    expected, _, at = problem.partition(" - at ")
    return f"{at.strip('`$').lstrip('.') or 'the document'}: {expected.lower().replace('`', '')}"


def _by_name(path: Path, kind: str, entries: list[tuple[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, entry in entries:
        if name in named:
            raise _broken(path, f"there are two {kind}s named {name!r} in this file.")
        named[name] = entry
    return named


def _broken(path: Path, what: str, line: int = 0) -> BadInput:
    return BadInput(
        what,
        where=f"{path}:{line}" if line else str(path),
        next_step="Correct that, or name another file with --kubeconfig.",
    )
