"""Drives Helm 3 and Helm 4 against one cluster, the same way for a real one and for a twin.

Helm applies; *we* wait for readiness and roll back (see `seatrial.charts.readiness`), each as a step of
its own. Not waiting inside Helm keeps the moment short in which a crash leaves a release pending, and
lets a rehearsal own time. Only a chart with post hooks keeps `--wait`, for Helm runs those when it
believes the release ready.

Choices that hold for every call:

- CustomResourceDefinitions are applied before the chart (`seatrial.charts.crds`), so `--skip-crds`.
- Neither `--atomic` (Helm 3) nor `--rollback-on-failure` (Helm 4): both imply waiting and undo what a
  person should see first.
- `--server-side` stays at Helm 4's defaults: a new release is applied by the server, an existing one as its
  last revision was, so that a newer helm program does not change how a chart is merged in the
  middle of an upgrade. `--force-conflicts` is never used: a conflict is somebody else's decision.
- Discovery is cached nowhere beyond one call. Helm's cache goes by host and port and would show an
  upgraded cluster's old API for six hours.
- Values go through memory (see `seatrial.charts.handed_values`), never over the command line.
"""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import ryaml

from seatrial.charts.handed_values import HandedValues, Values, handed
from seatrial.charts.helm_binary import HelmBinary
from seatrial.charts.helm_errors import describe_failure
from seatrial.charts.helm_process import run_process
from seatrial.clock import Clock
from seatrial.cluster.helm_release import ReleaseStatus
from seatrial.cluster.version import Version
from seatrial.errors import BadInput, NotFound, PermanentError, SeatrialError

_T = TypeVar("_T")
_NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
_QUICK = 120.0  # wall seconds for calls that only read
_MARGIN = 60.0  # wall seconds beyond Helm's own timeout before it is stopped


@dataclass(frozen=True, slots=True)
class Applied:
    """A revision that Helm has written and applied; its workloads need not be ready."""

    release: str
    namespace: str
    revision: int
    status: ReleaseStatus


class ListedRelease(msgspec.Struct, frozen=True):
    """A line of `helm list`."""

    name: str
    namespace: str
    revision: str
    status: str
    chart: str
    app_version: str = ""


class ListedRevision(msgspec.Struct, frozen=True):
    """A line of `helm history`."""

    revision: int
    status: str
    chart: str
    app_version: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class HelmClient:
    """`run_dir` must exist and be ours alone; `environment` is what helm's credential plugins need."""

    binary: HelmBinary
    kubeconfig: Path
    context: str
    clock: Clock
    run_dir: Path
    environment: Mapping[str, str] = field(repr=False)

    async def template(
        self,
        chart: Path,
        values: Values,
        *,
        release: str,
        namespace: str,
        kube_version: Version | None = None,
        api_versions: Sequence[str] = (),
        is_upgrade: bool = False,
    ) -> str:
        """Render without a cluster: the manifests, hooks included, CRDs left out.

        `api_versions` are "apps/v1" or "apps/v1/Deployment", for charts that ask what the cluster serves.
        """
        arguments = ["template", release, _argument(chart), "--namespace", namespace, "--skip-crds"]
        if kube_version:
            arguments += ["--kube-version", str(kube_version)]
        if api_versions:
            arguments += ["--api-versions", ",".join(api_versions)]
        if is_upgrade:
            arguments.append("--is-upgrade")
        output = await self._call(
            arguments, release=release, namespace=namespace, values=values, limit=_QUICK
        )
        return output.decode(errors="replace")

    async def install_or_upgrade(
        self,
        release: str,
        chart: Path,
        *,
        namespace: str,
        values: Values,
        wait: bool,
        hooks: bool = True,
        patience: float,
        description: str = "",
    ) -> Applied:
        """Have Helm apply the chart as a new revision.

        `wait` as `ChartInfo.waits_in_helm` says; `hooks` may be false for a chart that has none: Helm
        waits for the Job of any hook, so that a simulation must let time pass meanwhile. `patience` is
        Helm's own timeout, in wall seconds. Raises `Conflict` for a release that another operation
        holds, and what else `helm_errors` tells apart.
        """
        arguments = ["upgrade", release, _argument(chart), "--install", "--create-namespace"]
        arguments += ["--skip-crds", "--output", "json", *self._patience(wait, patience)]
        if description:
            arguments += ["--description", description]
        output = await self._call(
            arguments,
            release=release,
            namespace=namespace,
            values=values,
            polls=wait or hooks,
            limit=patience + _MARGIN,
        )
        written = _decode(output, _Written, "upgrade")
        return Applied(release, namespace, written.version, _status(written.info.get("status")))

    async def rollback(
        self,
        release: str,
        revision: int,
        *,
        namespace: str,
        wait: bool = False,
        hooks: bool = True,
        patience: float,
    ) -> None:
        """Make a new revision out of an old one; also the way out of a pending upgrade."""
        arguments = ["rollback", release, str(revision), *self._patience(wait, patience)]
        await self._call(
            arguments, release=release, namespace=namespace, polls=wait or hooks, limit=patience + _MARGIN
        )

    async def uninstall(self, release: str, *, namespace: str, hooks: bool = True, patience: float) -> None:
        """Remove the release and its objects, not its CRDs; a release that is not there is no error."""
        arguments = ["uninstall", release, "--ignore-not-found", *self._patience(False, patience)]
        await self._call(
            arguments, release=release, namespace=namespace, polls=hooks, limit=patience + _MARGIN
        )

    async def list_releases(self, namespace: str = "") -> tuple[ListedRelease, ...]:
        """All releases in any state, of one namespace or of all."""
        arguments = ["list", "--max", "0", "--output", "json"]
        if self.binary.major == 3:
            arguments.append("--all")  # Helm 4 lists all states unless told otherwise
        if not namespace:
            arguments.append("--all-namespaces")
        output = await self._call(arguments, namespace=namespace, limit=_QUICK)
        return _decode(output, tuple[ListedRelease, ...], "list")

    async def history(self, release: str, *, namespace: str) -> tuple[ListedRevision, ...]:
        """The revisions that Helm keeps, oldest first; empty when there is no such release."""
        arguments = ["history", release, "--max", "1000", "--output", "json"]
        try:
            output = await self._call(arguments, release=release, namespace=namespace, limit=_QUICK)
        except NotFound:
            return ()
        return _decode(output, tuple[ListedRevision, ...], "history")

    async def values_of(self, release: str, *, namespace: str, revision: int = 0) -> dict[str, Any]:
        """What the person who installed the release set. May hold secrets: keep it in memory only."""
        arguments = ["get", "values", release, "--output", "json"]
        if revision:
            arguments += ["--revision", str(revision)]
        output = await self._call(arguments, release=release, namespace=namespace, limit=_QUICK)
        return _decode(b"{}" if output.strip() == b"null" else output, dict[str, Any], "get values")

    def _patience(self, wait: bool, patience: float) -> list[str]:
        flags = ["--timeout", f"{max(1, round(patience))}s"]
        if wait:
            flags.append("--wait=watcher" if self.binary.major >= 4 else "--wait")
        return flags

    async def _call(
        self,
        arguments: list[str],
        *,
        limit: float,
        release: str = "",
        namespace: str = "",
        values: Values = (),
        polls: bool = False,
    ) -> bytes:
        for name in filter(None, (release, namespace)):
            if not _NAME.match(name):
                raise BadInput(f"{name!r} is not a name that Helm accepts.")
        action = arguments[0]
        why = f"helm {action} {release}".rstrip()
        with _scratch(self.run_dir) as scratch, _handed(values, scratch) as passed:
            command = [str(self.binary.path), *arguments, *passed.flags]
            if action != "template":  # which needs no cluster
                command += ["--kubeconfig", _argument(self.kubeconfig), "--kube-context", self.context]
                if namespace:
                    command += ["--namespace", namespace]
            with self.clock.poll_window(why) if polls else self.clock.hold(why):
                finished = await run_process(
                    command,
                    environment=self._environment(scratch),
                    limit=limit,
                    descriptors=passed.descriptors,
                )
        if finished.code:
            raise describe_failure(
                replace(finished, stderr=passed.named_in(finished.stderr)),
                action=action,
                release=f"{namespace}/{release}".strip("/"),
                values=[_parsed(each) for each in values],
                keep=(release, namespace, self.context),
            )
        return finished.stdout

    def _environment(self, scratch: Path) -> dict[str, str]:
        """The caller's, without settings that would turn Helm elsewhere, and with folders of its own."""
        own = {
            key: value
            for key, value in self.environment.items()
            if (not key.startswith("HELM_") or key == "HELM_DRIVER") and key != "KUBECONFIG"
        }
        for key in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECACHEDIR"):
            own[key] = str(scratch / key.lower())
        return own


def _argument(path: Path) -> str:
    """Absolute, so that no name reads as a flag or as a repository's chart."""
    return str(path.absolute())


class _Written(msgspec.Struct):
    version: int
    info: dict[str, Any]


@contextmanager
def _scratch(run_dir: Path) -> Iterator[Path]:
    """A folder for one call, readable by us only (mode 0700), removed with all that is in it."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="helm-", dir=run_dir))
    except OSError as problem:
        raise _cannot_write(run_dir, problem) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _handed(values: Values, scratch: Path) -> Iterator[HandedValues]:
    with ExitStack() as stack:
        try:
            passed = stack.enter_context(handed(values, scratch))
        except OSError as problem:
            raise _cannot_write(scratch, problem) from None
        yield passed


def _parsed(values: Mapping[str, Any] | bytes) -> Any:
    """For finding the strings in it; text that is not YAML counts line by line."""
    if not isinstance(values, bytes):
        return values
    text = values.decode(errors="replace")
    try:
        return ryaml.loads(text)
    except ValueError:
        return text


def _decode(output: bytes, into: type[_T], action: str) -> _T:
    try:
        return msgspec.json.decode(output, type=into)
    except msgspec.DecodeError:
        raise PermanentError(
            f"helm {action} answered with something that this Seatrial cannot read.",
            next_step="Use a Helm 3.14 or newer, or Helm 4, release.",
        ) from None


def _status(text: object) -> ReleaseStatus:
    try:
        return ReleaseStatus(str(text))
    except ValueError:
        return ReleaseStatus.UNKNOWN


def _cannot_write(folder: Path, problem: OSError) -> SeatrialError:
    full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
    return PermanentError(
        "the disk is full." if full else f"no file can be written: {problem.strerror}.",
        where=str(folder),
        next_step="Free space and run the command again." if full else "Check the folder and its owner.",
    )
