"""The machine of one journey: a served cluster full of canaries, charts, and `seatrial` run as people run it.

INPUTS   what a person brings, with canaries in it: fleet files, charts, values, kubeconfigs, plugins
OUTPUTS  all that may be written: working folder, home, state, temporary folder, the Git repository of
         whoever owns the control plane, what was printed, and the arguments of what was started
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import ryaml
from tests.cluster_runs.serve_one import TO, VERSION, deployment
from tests.secrets.canaries import Canaries
from tests.secrets.planted import plant
from tests.tools import helm

from seatrial.clock import SimulatedClock
from seatrial.cluster.provider_state import NodeGroup
from seatrial.providers.simulated import SimulatedProvider, flavour
from seatrial.providers.simulated.http_api import answer
from seatrial.providers.wire import PREFIX
from seatrial.simulator.default import default_cluster
from seatrial.simulator.faults import ActiveFaults, ApiFault, FaultPlan, Refuse
from seatrial.simulator.kubeconfig import write_kubeconfig
from seatrial.simulator.server import SimulatorServer
from seatrial.simulator.store import ResourceKey

SOURCES = Path(__file__).parents[2] / "src"
FLEET = f"""\
name: harbour
clusters:
  - {{name: c1, provider: {{kind: eks}}, version: "{VERSION.line}", tier: test}}
stack:
  - {{name: app, namespace: apps, chart: charts/app-1.0.0, values: [values.yaml]}}
releases:
  - {{name: spring, kubernetes: "{TO}", charts: {{app: charts/app-4.0.0}}}}
  - {{name: summer, kubernetes: "{TO}", charts: {{app: charts/app-3.0.0}}}}
strategies:
  - name: careful
    stages: [{{name: test, selector: {{tier: test}}}}]
"""
HANDED = f"""\
name: harbour
clusters:
  - name: c1
    provider: {{kind: eks}}
    version: "{VERSION.line}"
    tier: test
    owners: {{controlPlane: {{how: handoff, by: terraform, OWNER}}}}
releases:
  - {{name: autumn, kubernetes: "{TO}"}}
"""
OWNERS = {
    "branch": "repository: ../outputs/infra, file: c1.tfvars.json, variable: cluster_version",
    "patch": "file: ../outputs/infra/c1.tfvars.json, variable: cluster_version",
    "text": "write: text",
}
"""How the owner of the control plane is told what to change."""
_TEMPLATES = """\
apiVersion: v1
kind: Secret
metadata: {name: app}
stringData: {password: {{ .Values.password | quote }}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  annotations: {checksum/secret: {{ .Values.password | sha256sum }}}
spec:
  replicas: 1
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers: [{name: app, image: "example.com/app:TAG"}]
"""


@dataclass(slots=True)
class World:
    folder: Path
    canaries: Canaries
    server: _Server
    helm: str
    """The major version in use."""
    database: str = ""
    """The URL of a PostgreSQL for the state; a folder without."""
    said: dict[str, str] = field(default_factory=dict)
    """What each command printed."""

    @property
    def forms(self) -> tuple[str, ...]:
        """Of handoffs; a branch comes with a patch and a text of its own, so it stands for all of them."""
        return tuple(OWNERS) if self.database else ("branch",)

    @property
    def inputs(self) -> Path:
        return self.folder / "inputs"

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    @property
    def environment(self) -> dict[str, str]:
        out = self.outputs
        return {
            "PATH": f"{self.inputs / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(SOURCES),
            "HOME": str(out / "home"),
            "TMPDIR": str(out / "tmp"),
            "KUBECONFIG": str(self.inputs / "kubeconfig"),
            "SEATRIAL_STATE": self.database or str(out / "state"),
            "XDG_STATE_HOME": str(out / "state"),
            "SEATRIAL_HELM": str(self.inputs / "helm"),
        }

    def seatrial(self, name: str, *arguments: str, code: int | tuple[int, ...], **more: str) -> str:
        """Run one command with the umask of a careless user; what it printed is also an output."""
        done = subprocess.run(
            [sys.executable, "-m", "seatrial", *arguments],
            cwd=self.outputs / "work",
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            umask=0,
            check=False,
        )
        (self.outputs / "said" / name).write_bytes(done.stdout + b"\n--- stderr\n" + done.stderr)
        self.said[name] = (done.stdout + done.stderr).decode()
        assert done.returncode in (code if isinstance(code, tuple) else (code,)), self.said[name]
        return self.said[name]

    def kill_while_helm_runs(self, name: str, *arguments: str) -> None:
        """As a power cut does: nobody gets to remove anything."""
        process = subprocess.Popen(
            [sys.executable, "-m", "seatrial", *arguments],
            cwd=self.outputs / "work",
            env=self.environment | {"SLOW_HELM": "1"},
            stdin=subprocess.DEVNULL,
            stdout=(self.outputs / "said" / name).open("wb"),
            stderr=subprocess.STDOUT,
        )
        started = self.folder / "slow-helm"
        for _ in range(300):
            if started.exists() and started.read_text().endswith("\n"):
                break
            time.sleep(0.1)
        process.kill()
        process.wait()
        os.killpg(int(started.read_text()), signal.SIGKILL)

    def seatrial_until(self, name: str, seen: str, *arguments: str) -> None:
        """Run a command that goes on, and end it as a service manager would when it has said `seen`."""
        process = subprocess.Popen(
            [sys.executable, "-m", "seatrial", *arguments],
            cwd=self.outputs / "work",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            umask=0,
        )
        assert process.stdout is not None
        said = b""
        with process, (self.outputs / "said" / name).open("wb") as file:
            for line in process.stdout:
                said += line
                if seen in line.decode():
                    process.terminate()
            file.write(said)
        self.said[name] = said.decode()
        assert seen in self.said[name]

    @contextmanager
    def beside(self, name: str, *arguments: str) -> Iterator[None]:
        """Run a command meanwhile; it is ended in order."""
        with (self.outputs / "said" / name).open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "seatrial", *arguments],
                cwd=self.outputs / "work",
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                umask=0,
            )
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0, (self.outputs / "said" / name).read_text()
            self.said[name] = (self.outputs / "said" / name).read_text()


@contextmanager
def world(folder: Path, canaries: Canaries, *, helm: str, database: str = "") -> Iterator[World]:
    made = World(folder, canaries, _Server(folder), helm, database)
    for part in ("work", "home", "tmp", "said"):
        (made.outputs / part).mkdir(parents=True)
    made.inputs.mkdir()
    with made.server.serving():
        made.server.do(partial(plant, made.server.cluster, canaries))
        _write_inputs(made)
        _install(made)
        yield made


class _Server:
    """One cluster at the minor before the newest, with its provider, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = SimulatedClock(pace=300)
        self.faults = ActiveFaults(self._clock)
        self.cluster = default_cluster("c1", VERSION.line, self._clock, faults=self.faults)
        group = NodeGroup(name="default", version=str(VERSION), size=2, min_size=1, max_size=4)
        self._provider = SimulatedProvider(self.cluster, flavour("eks"), VERSION, [group])
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready, self._stop = threading.Event(), asyncio.Event()

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = threading.Thread(target=lambda: self._clock.run(self._serve()), daemon=True)
        thread.start()
        while not self._ready.wait(0.1):
            assert thread.is_alive()
        try:
            yield
        finally:
            self.do(self._stop.set)
            thread.join(20)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = SimulatorServer(self._clock)
        self._provider.create_nodes()
        self.cluster.start()
        autoscaler = deployment("ca", "kube-system", "example.com/cluster-autoscaler:1", 1)
        self.cluster.verbs.create(ResourceKey("apps", "deployments"), autoscaler)
        await server.start()
        server.add(self.cluster, extensions={PREFIX: partial(answer, self._provider)})
        (self._folder / "inputs").mkdir(exist_ok=True)
        write_kubeconfig(self._folder / "inputs" / "kubeconfig", server.endpoints())
        self._ready.set()
        await self._stop.wait()
        self.cluster.stop()
        await server.stop()

    def do(self, work: Callable[[], object]) -> None:
        """In the server's loop."""
        assert self._loop is not None

        async def call() -> None:
            work()

        asyncio.run_coroutine_threadsafe(call(), self._loop).result(20)

    def refuse(self, *, verb: str, resource: str, message: str) -> None:
        """As a webhook does that repeats what it refuses."""
        fault = ApiFault(Refuse(403, message), verbs=(verb,), resources=(resource,))
        self.do(lambda: self.faults.replace(FaultPlan(api=(fault,))))

    def refuse_nothing(self) -> None:
        self.do(lambda: self.faults.replace(FaultPlan()))


def _write_inputs(made: World) -> None:
    at, inputs = made.canaries.at, made.inputs
    (inputs / "fleet.yaml").write_text(FLEET)
    for form, owner in OWNERS.items():
        (inputs / f"fleet-{form}.yaml").write_text(HANDED.replace("OWNER", owner))
    _write_repository(made.outputs / "infra")
    (inputs / "values.yaml").write_text(ryaml.dumps({"password": at("values").value, "pin": 31337421}))
    write_chart(inputs, "1.0.0")
    write_chart(inputs, "4.0.0", fail=True)
    write_chart(inputs, "3.0.0")
    # Helm as it is, noting what other users of the machine could see of each call
    seen = made.outputs / "seen"
    seen.mkdir()
    note = f"""\
#!/bin/sh
tr '\\0' '\\n' < /proc/$$/cmdline >> {seen}/helm-arguments
env >> {seen}/helm-environment
for each in "$@"; do
  case "$each" in /proc/self/fd/*) stat -L -c '%a %A' "$each";; esac
done >> {seen}/modes
if [ -n "$SLOW_HELM" ] && [ "$1" = upgrade ]; then echo $$ > {made.folder}/slow-helm; sleep 60; fi
exec {helm(made.helm)} "$@"
"""
    _write_program(inputs / "helm", note)
    git = shutil.which("git")
    (inputs / "bin").mkdir()
    _write_program(
        inputs / "bin" / "git",
        f"#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/cmdline >> {seen}/git-arguments\nexec {git} \"$@\"\n",
    )
    _write_plugin(made)


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _write_repository(path: Path) -> None:
    """Of whoever owns the control plane."""
    path.mkdir()
    (path / "c1.tfvars.json").write_text(f'{{"cluster_version": "{VERSION.line}"}}\n')
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "Begin")):
        subprocess.run(
            ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com", *words], cwd=path, check=True
        )


def write_chart(inputs: Path, version: str, *, fail: bool = False) -> None:
    chart = inputs / "charts" / f"app-{version}"
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: app\nversion: {version}\n")
    failure = '{{ fail (printf "cannot log in with %s or %s" .Values.password (.Values.password | b64enc)) }}'
    (chart / "templates" / "all.yaml").write_text(
        _TEMPLATES.replace("TAG", version) + (f"---\n{failure}\n" if fail else "")
    )
    (chart / "templates" / "NOTES.txt").write_text("Log in with {{ .Values.password }}\n")


def _write_plugin(made: World) -> None:
    """A login that tells the terminal what it should keep, works for us, and fails for Helm."""
    token = json.loads(json.dumps(ryaml.loads((made.inputs / "kubeconfig").read_text())))
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": token["users"][0]["user"]["token"]},
    }
    spoken = made.canaries.at("exec plugin").value
    (made.inputs / "answer").write_text(json.dumps(answer))
    (made.inputs / "spoken").write_text(f"your session {spoken}\nError: token {spoken} has expired\n")
    plugin = made.inputs / "login"
    plugin.write_text(
        f"#!/bin/sh\ncat {made.inputs}/spoken >&2\n"
        f"if [ -n \"$ALWAYS_FAIL\" ] || tr '\\0' ' ' < /proc/$PPID/cmdline | grep -q upgrade; then\n"
        f"  cat {made.inputs}/spoken; exit 1\nfi\ncat {made.inputs}/answer\n"
    )
    plugin.chmod(0o755)
    content: dict[str, Any] = token
    content["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(plugin),
            "args": ["--password", made.canaries.at("args of a plugin").value],
            "env": [{"name": "LOGIN", "value": made.canaries.at("env of a plugin").value}],
            "interactiveMode": "Never",
        }
    }
    (made.inputs / "kubeconfig-exec").write_text(json.dumps(content))


def _install(made: World) -> None:
    """Version 1 of the chart, by Helm itself and by hand."""
    inputs = made.inputs
    subprocess.run(
        [
            *(helm(made.helm), "install", "app", inputs / "charts" / "app-1.0.0", "--namespace", "apps"),
            *(
                "--create-namespace",
                "--values",
                inputs / "values.yaml",
                "--kubeconfig",
                inputs / "kubeconfig",
            ),
            *("--description", made.canaries.at("description of a release").plain),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(made.folder / "inputs"), "TMPDIR": str(inputs)},
        check=True,
        capture_output=True,
        timeout=60,
    )
