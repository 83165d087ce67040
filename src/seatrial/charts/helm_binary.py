"""Which helm program to drive: found once, its version checked, a missing one told in one sentence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial.charts.helm_process import run_process
from seatrial.cluster.constraints import SemVer
from seatrial.errors import BadInput, NotFound, SeatrialError

OLDEST = SemVer(3, 14, 0)
_INSTALL = "Install Helm 3.14 or newer, or Helm 4, and put it on PATH or name it in SEATRIAL_HELM."
_FETCHED = (".tools/v37/helm", ".tools/v29/helm")  # where `make setup` puts those that it fetches
_PATIENCE = 30.0  # seconds for `helm version`


@dataclass(frozen=True, slots=True)
class HelmBinary:
    path: Path
    version: SemVer

    @property
    def major(self) -> int:
        return self.version.major


async def find_helm(
    explicit: Path | None = None, *, environment: Mapping[str, str], folder: Path
) -> HelmBinary:
    """The helm to use: `explicit`, else SEATRIAL_HELM, else the one on PATH, else a fetched one.

    `folder` is the working directory, beside which (and beside this source tree) is
    looked for `.tools`, that `make setup` fills.
    One that was named must do; of the others the first that is new enough is taken. Raises `NotFound`
    or `BadInput` with what to install.
    """
    named = explicit or _in_environment(environment)
    if named:
        binary = await examine_helm(named, environment=environment)
        _refuse_old(binary)
        return binary
    too_old: SeatrialError | None = None
    for candidate in _candidates(environment, folder):
        try:
            binary = await examine_helm(candidate, environment=environment)
            _refuse_old(binary)
        except SeatrialError as problem:
            too_old = too_old or problem
            continue
        return binary
    raise too_old or NotFound("no helm was found on PATH.", next_step=_INSTALL)


async def examine_helm(path: Path, *, environment: Mapping[str, str]) -> HelmBinary:
    """Ask a helm program for its version."""
    located = _locate(path, environment)
    quiet = {key: value for key, value in environment.items() if not key.startswith("HELM_")}
    answer = await run_process(
        [located, "version", "--template", "{{.Version}}"], environment=quiet, limit=_PATIENCE
    )
    try:
        if answer.code:
            raise BadInput("")
        version = SemVer.parse(answer.stdout.decode(errors="replace"))
    except BadInput:
        raise BadInput(
            "this program does not answer as Helm does.", where=located, next_step=_INSTALL
        ) from None
    return HelmBinary(Path(located), version)


def _locate(path: Path, environment: Mapping[str, str]) -> str:
    located = shutil.which(path, path=environment.get("PATH", os.defpath))
    if not located:
        raise NotFound("there is no such program, or it may not be run.", where=str(path), next_step=_INSTALL)
    return str(Path(located).absolute())


def _refuse_old(binary: HelmBinary) -> None:
    if binary.version.precedence < OLDEST.precedence:
        raise BadInput(f"Helm {binary.version} is too old.", where=str(binary.path), next_step=_INSTALL)


def _in_environment(environment: Mapping[str, str]) -> Path | None:
    named = environment.get("SEATRIAL_HELM", "")
    return Path(named) if named else None


def _candidates(environment: Mapping[str, str], folder: Path) -> Iterator[Path]:
    on_path = shutil.which("helm", path=environment.get("PATH", os.defpath))
    if on_path:
        yield Path(on_path)
    for root in (folder, Path(__file__).parents[3]):
        for fetched in _FETCHED:
            if (root / fetched).is_file():
                yield root / fetched
