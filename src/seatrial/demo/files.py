"""The demo's files: laid out once in a folder of their own, then read by the product like anybody's.

Take a file of `objects` away, or a line of the fault file, and the story ends differently: the failures
are nowhere else.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import BadInput, PermanentError

_DATA = Path(__file__).parent
_COPIED = ("fleet.yaml", "provider-faults.json", "objects", "charts")


@dataclass(frozen=True, slots=True)
class DemoFiles:
    folder: Path

    @property
    def fleet(self) -> Path:
        return self.folder / "fleet.yaml"

    @property
    def faults(self) -> Path:
        """What only the provider knows; see `seatrial.providers.simulated.faults`."""
        return self.folder / "provider-faults.json"

    @property
    def objects(self) -> Path:
        """Manifests by customer and by cluster: what runs there besides the stack."""
        return self.folder / "objects"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def state(self) -> Path:
        """What `seatrial rollout --state` reads: the journal, the frozen charts."""
        return self.folder / "state"

    @property
    def report(self) -> Path:
        return self.folder / "report.html"

    @property
    def scratch(self) -> Path:
        """For Helm's passing files."""
        return self.folder / "scratch"


def lay_out(folder: Path) -> DemoFiles:
    """Write the demo's files into an empty or new folder; raise `BadInput` when it holds something."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput(
                "this folder is not empty.",
                where=str(folder),
                next_step="Name a new one with --dir, or leave --dir out.",
            )
        for name in _COPIED:
            source = _DATA / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copyfile(source, folder / name)
        files = DemoFiles(folder)
        files.scratch.mkdir(mode=0o700)
        files.state.mkdir(mode=0o700)
    except OSError as problem:
        raise PermanentError(
            f"the demo's files cannot be written: {problem.strerror}.",
            where=str(folder),
            next_step="Free some space, or name another folder with --dir.",
        ) from None
    return files
