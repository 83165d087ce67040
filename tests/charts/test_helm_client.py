from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from tests.charts.fake_helm import fake_helm, recorded

from seatrial.charts.helm_binary import HelmBinary, find_helm
from seatrial.charts.helm_client import Applied, HelmClient
from seatrial.charts.helm_errors import ReleaseBusy, clean_text
from seatrial.clock import SimulatedClock, WallClock
from seatrial.cluster.constraints import SemVer
from seatrial.cluster.helm_release import ReleaseStatus
from seatrial.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    PermanentError,
    SeatrialError,
    TemporaryError,
    Unreachable,
)

PATH = {"PATH": os.environ["PATH"]}
UPGRADED = 'print(\'{"name": "web", "version": 4, "info": {"status": "deployed"}, "manifest": ""}\')'


def client(tmp_path: Path, body: str, major: int = 4, **environment: str) -> HelmClient:
    run = tmp_path / "run"
    run.mkdir(exist_ok=True)
    binary = HelmBinary(fake_helm(tmp_path / "bin", body), SemVer(major, 3, 1))
    kubeconfig = tmp_path / "kubeconfig"
    return HelmClient(binary, kubeconfig, "blue", WallClock(), run, {**PATH, **environment})


async def upgrade(helm: HelmClient, chart: Path, **changes: Any) -> Applied:
    asked: dict[str, Any] = {
        "namespace": "shop",
        "values": [{"password": "CANARY-hunter2"}, b"replicas: 2\n"],
        "wait": False,
        "patience": 30.0,
        **changes,
    }
    return await helm.install_or_upgrade("web", chart, **asked)


async def test_upgrade_applies_without_waiting_and_leaves_no_values_behind(tmp_path: Path) -> None:
    helm = client(tmp_path, UPGRADED, HELM_NAMESPACE="elsewhere", HELM_DRIVER="configmap", KUBECONFIG="/x")
    assert await upgrade(helm, tmp_path / "chart") == Applied("web", "shop", 4, ReleaseStatus.DEPLOYED)
    call: Any = recorded(helm.binary.path)
    words = [word for word in call["arguments"] if "values-" not in word and "/fd/" not in word]
    assert words == [
        *("upgrade", "web", str(tmp_path / "chart"), "--install", "--create-namespace", "--skip-crds"),
        *("--output", "json", "--timeout", "30s", "--values", "--values"),
        *("--kubeconfig", str(tmp_path / "kubeconfig"), "--kube-context", "blue", "--namespace", "shop"),
    ]
    assert call["values"] == ['{"password": "CANARY-hunter2"}', "replicas: 2\n"]
    assert call["modes"] == ["0o600", "0o600"]
    environment = call["environment"]
    assert "HELM_NAMESPACE" not in environment
    assert "KUBECONFIG" not in environment
    assert environment["HELM_DRIVER"] == "configmap"
    for own in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECACHEDIR"):
        assert environment[own].startswith(str(tmp_path / "run"))
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize(("major", "flag"), [(3, "--wait"), (4, "--wait=watcher")])
async def test_waiting_is_asked_for_as_each_major_wants_it(tmp_path: Path, major: int, flag: str) -> None:
    helm = client(tmp_path, UPGRADED, major)
    await upgrade(helm, tmp_path, wait=True)
    call: Any = recorded(helm.binary.path)
    assert flag in call["arguments"]


@pytest.mark.parametrize(("major", "asks_for_all"), [(3, True), (4, False)])
async def test_list_shows_every_state_with_each_major(tmp_path: Path, major: int, asks_for_all: bool) -> None:
    helm = client(tmp_path, "print('[]')", major)
    assert await helm.list_releases() == ()
    call: Any = recorded(helm.binary.path)
    assert ("--all" in call["arguments"]) is asks_for_all
    assert "--all-namespaces" in call["arguments"]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", ReleaseBusy),
        ('Error: Kubernetes cluster unreachable: Get "https://x": dial tcp: refused', Unreachable),
        ("Error: release: not found", NotFound),
        ('secrets is forbidden: User "x" cannot list resource', Forbidden),
        ("the server has asked for the client to provide credentials; Unauthorized", Forbidden),
        (
            'no matches for kind "FlowSchema" in version "flowcontrol/v1beta3"',
            PermanentError,
        ),
        ("chart requires kubeVersion: <1.32 which is incompatible with Kubernetes v1.32.0", PermanentError),
        ("found in Chart.yaml, but missing in charts/ directory: db", BadInput),
        ('Apply failed with 1 conflict: conflict with "kubectl"', Conflict),
        ("something new", PermanentError),
    ],
)
async def test_failure_is_sorted_by_what_the_caller_does_next(
    tmp_path: Path, words: str, kind: type[SeatrialError]
) -> None:
    helm = client(tmp_path, f"sys.stderr.write({words!r}); sys.exit(1)")
    with pytest.raises(SeatrialError) as failed:
        await upgrade(helm, tmp_path)
    assert type(failed.value) is kind
    assert failed.value.where == "shop/web"


async def test_a_helm_that_was_killed_says_nothing_of_the_chart_and_may_be_run_again(tmp_path: Path) -> None:
    helm = client(tmp_path, "os.kill(os.getpid(), 9)")
    with pytest.raises(TemporaryError, match="helm upgrade was killed by signal 9"):
        await upgrade(helm, tmp_path)


async def test_a_values_file_that_helm_cannot_parse_is_told_by_its_place(tmp_path: Path) -> None:
    body = (
        "path = [sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == '--values'][1]\n"
        "sys.stderr.write('Error: failed to parse ' + path + ': yaml: line 1: did not find it')\n"
        "sys.exit(1)"
    )
    with pytest.raises(BadInput) as failed:
        await upgrade(client(tmp_path, body), tmp_path)
    assert failed.value.what == (
        "helm upgrade failed: failed to parse values file 2: yaml: line 1: did not find it"
    )


async def test_failure_never_repeats_a_value(tmp_path: Path) -> None:
    body = (
        "import base64\n"
        "secret = json.loads(call['values'][0])['password']\n"
        "encoded = base64.b64encode(secret.encode()).decode()\n"
        "sys.stderr.write('Error: cannot use ' + secret + ' or ' + encoded)\n"
        "sys.stderr.write(' Bearer abcdefghijkl https://me:pw@host/ ' + 'x' * 5000)\n"
        "sys.exit(1)"
    )
    helm = client(tmp_path, body)
    with pytest.raises(PermanentError) as failed:
        await upgrade(helm, tmp_path)
    text = str(failed.value)
    assert "CANARY" not in text
    assert "Q0FOQVJZ" not in text
    assert "abcdefghijkl" not in text
    assert "me:pw" not in text
    assert "cannot use [value] or [value]" in text
    assert len(text) < 800
    assert list((tmp_path / "run").iterdir()) == []


def test_names_that_we_gave_stay_readable_and_text_that_is_not_yaml_is_struck_too() -> None:
    values = [{"name": "edge-proxy", "token": "edge-proxy-token"}, "a: [\nCANARY-line\n"]
    words = "release edge-proxy: edge-proxy-token in CANARY-line"
    assert clean_text(words, values, keep=("edge-proxy",)) == "release edge-proxy: [value] in [value]"


async def test_hung_helm_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    body = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '300'])\n"
        "open(os.path.join(here, 'pid'), 'w').write(str(child.pid))\n"
        "time.sleep(300)"
    )
    helm = client(tmp_path, body)
    with pytest.raises(TemporaryError, match="did not end within"):
        await helm._call(["list"], limit=2.0)
    assert not _runs(int((tmp_path / "bin" / "pid").read_text()))


async def test_cancelled_call_gives_helm_time_to_mark_its_release(tmp_path: Path) -> None:
    body = (
        "import signal\n"
        "def stop(*_):\n"
        "    open(os.path.join(here, 'marked'), 'w').close()\n"
        "    sys.exit(1)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "open(os.path.join(here, 'started'), 'w').close()\n"
        "time.sleep(300)"
    )
    helm = client(tmp_path, body)
    task = asyncio.create_task(upgrade(helm, tmp_path))
    while not (tmp_path / "bin" / "started").exists():
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (tmp_path / "bin" / "marked").exists()
    assert list((tmp_path / "run").iterdir()) == []


async def test_answer_that_is_not_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="cannot read"):
        await upgrade(client(tmp_path, "print('Release done')"), tmp_path)


async def test_name_that_reads_as_a_flag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a name"):
        await client(tmp_path, "").history("--kubeconfig", namespace="shop")


async def test_missing_release_has_no_history_and_no_values_are_empty(tmp_path: Path) -> None:
    helm = client(tmp_path, "sys.stderr.write('Error: release: not found'); sys.exit(1)")
    assert await helm.history("web", namespace="shop") == ()
    assert await client(tmp_path, "print('null')").values_of("web", namespace="shop") == {}


def test_simulated_time_stands_still_while_helm_runs_and_passes_while_it_polls(tmp_path: Path) -> None:
    clock = SimulatedClock()

    async def story(hooks: bool) -> float:
        made = client(tmp_path, "time.sleep(0.5)\n" + UPGRADED)
        helm = HelmClient(made.binary, made.kubeconfig, "blue", clock, made.run_dir, made.environment)
        before = clock.monotonic()
        for at in range(3):
            clock.call_later(at + 1, lambda: None)
        await upgrade(helm, tmp_path, hooks=hooks)
        return clock.monotonic() - before

    assert clock.run(story(hooks=False)) == 0
    assert clock.run(story(hooks=True)) > 0


def version(text: str) -> str:
    return f"print({text!r}, end='')"


async def test_helm_that_was_named_is_taken_and_must_do(tmp_path: Path) -> None:
    old = fake_helm(tmp_path / "old", version("v3.13.2"))
    new = fake_helm(tmp_path / "new", version("v3.17.1"))
    on_path = {"PATH": str(new.parent)}
    found = await find_helm(environment={**on_path, "SEATRIAL_HELM": str(new)}, folder=tmp_path)
    assert found == HelmBinary(new, SemVer(3, 17, 1))
    with pytest.raises(BadInput, match=r"3\.13\.2 is too old"):
        await find_helm(old, environment=on_path, folder=tmp_path)
    with pytest.raises(NotFound, match="no such program"):
        await find_helm(tmp_path / "nothing", environment=on_path, folder=tmp_path)


async def test_old_helm_on_path_gives_way_to_a_fetched_one(tmp_path: Path) -> None:
    old = fake_helm(tmp_path / "old", version("v3.10.0"))
    fetched = fake_helm(tmp_path / ".tools" / "v37", version("v4.3.1"))
    found = await find_helm(environment={"PATH": str(old.parent)}, folder=tmp_path)
    assert found == HelmBinary(fetched, SemVer(4, 3, 1))


async def test_program_that_is_not_helm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not answer as Helm"):
        await find_helm(fake_helm(tmp_path, "print('hello')"), environment=PATH, folder=tmp_path)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().split()[2]
    except OSError:
        return False
    return state != "Z"
