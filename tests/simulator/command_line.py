"""kubectl and Helm as a person runs them, with folders of their own and readable failures."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One binary with its fixed first arguments and its environment."""

    binary: Path
    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path

    def __call__(self, *arguments: str, fails: bool = False, stdin: str = "", seconds: float = 60) -> str:
        """Run it; its output (both streams when it fails), after checking how it ended."""
        done = subprocess.run(
            [str(self.binary), *self.arguments, *arguments],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=seconds,
            env=self.environment,
            cwd=self.folder,
            check=False,
        )
        told = f"$ {self.binary.name} {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        assert (done.returncode != 0) == fails, told
        # Helm 4 that ends its wait in the middle of an event complains of its own doing
        complaints = [line for line in done.stderr.splitlines() if "context canceled" not in line]
        assert not [line for line in complaints if "an error on the server" in line], told
        assert not [line for line in complaints if "Failed to watch" in line], told
        return done.stdout + done.stderr if fails else done.stdout


def command_line(binary: Path, kubeconfig: Path, folder: Path, *arguments: str) -> CommandLine:
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "KUBECONFIG": str(kubeconfig),
        "KUBECACHEDIR": str(folder / "cache"),
        "HELM_CACHE_HOME": str(folder / "helm-cache"),
        "HELM_CONFIG_HOME": str(folder / "helm-config"),
        "HELM_DATA_HOME": str(folder / "helm-data"),
    }
    return CommandLine(binary, arguments, environment, folder)
