"""From check to rollout with canaries in every corner, and not one of them in what is left behind."""

from __future__ import annotations

import json
import random
import stat
from collections.abc import Iterator

import pytest
from tests.cluster_runs.serve_one import TO
from tests.secrets.canaries import Canaries
from tests.secrets.searching import leaks, leaks_below
from tests.secrets.world import World, world

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def travelled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything a person does in an upgrade that goes wrong, once for all tests of this file."""
    with world(tmp_path_factory.mktemp("secrets"), Canaries(random.Random(29))) as made:
        _travel(made)
        yield made


def _travel(made: World) -> None:
    fleet = str(made.inputs / "fleet.yaml")
    spring, summer = (
        ("--fleet", fleet, "--cluster", "c1", "--release", each) for each in ("spring", "summer")
    )
    run, at = made.seatrial, made.canaries.at

    for form in ("table", "json", "yaml"):
        run(f"check-{form}", "check", "--to", str(TO), "-o", form, code=0)
        run(f"rehearse-{form}", "rehearse", *spring, "-o", form, "--svg", "live.svg", code=2)
    run("snapshot", "snapshot", "-o", "c1.seatrial", code=0)
    for form in ("table", "json"):
        run(f"inspect-{form}", "snapshot", "inspect", "c1.seatrial", "--objects", "-o", form, code=0)
    run("check-snapshot", "check", "--snapshot", "c1.seatrial", "--to", str(TO), code=0)
    run("rehearse-snapshot", "rehearse", "--snapshot", "c1.seatrial", *summer, code=3)

    # Helm repeats a value of the chart
    run("plan", "plan", *spring, "-o", "spring.json", code=0)
    run("plan-json", "plan", *spring, "--output", "json", code=0)
    made.kill_while_helm_runs("apply-killed", "apply", "spring.json", "--yes")
    run("apply-helm", "apply", "spring.json", "--yes", code=2)
    # a login fails when Helm uses it, and tells its token
    login = str(made.inputs / "kubeconfig-exec")
    run(
        "apply-login", "apply", "spring.json", "--yes", "--retry", "--kubeconfig", login,
        code=2, SEATRIAL_ALLOW_EXEC=str(made.inputs / "login"),
    )  # fmt: skip
    run("apply-cancel", "apply", "spring.json", "--cancel", code=2)
    run("login-unasked", "check", "--kubeconfig", login, code=4)
    run("login-fails", "check", "--kubeconfig", login, code=4, SEATRIAL_ALLOW_EXEC="all", ALWAYS_FAIL="1")

    # a webhook repeats what it does not like, first to Helm, then to us
    refused = (
        f'admission webhook "policy.example.com" denied the request: PASSWORD={at("env").value} is weak,'
    )
    refused += f" and so are {at('secret').value} and {at('values').value} of {at('pem').plain}"
    run("plan-summer", "plan", *summer, "-o", "summer.json", code=0)
    made.server.refuse(verb="patch", resource="deployments", message=refused)
    run("apply-webhook-helm", "apply", "summer.json", "--yes", code=2)
    made.server.refuse(verb="patch", resource="deployments/scale", message=refused)
    run("apply-webhook", "apply", "summer.json", "--yes", "--retry", code=2)
    made.server.refuse_nothing()
    run("apply-webhook-cancel", "apply", "summer.json", "--cancel", code=2)

    start = ("--fleet", fleet, "--release", "spring", "--strategy", "careful", "--yes")
    made.seatrial_until("rollout", "tries again", "rollout", "start", *start)
    (found,) = json.loads(run("rollouts", "rollout", "list", "-o", "json", code=0))
    run("rollout-status", "rollout", "status", found["id"], code=0)
    run("rollout-cancel", "rollout", "cancel", found["id"], "--why", "enough", code=0)


def test_no_canary_is_in_any_byte_that_was_written_or_printed(travelled: World) -> None:
    assert leaks_below(travelled.outputs, travelled.canaries.planted.values()) == []


def test_the_journey_saw_what_it_must_not_tell(travelled: World) -> None:
    """The canaries were there to be found: in the cluster, and in what people brought."""
    assert len(travelled.canaries.planted) > 35
    brought = "\n".join(leaks_below(travelled.inputs, travelled.canaries.planted.values()))
    for place in ("values", "exec plugin", "args of a plugin", "env of a plugin"):
        assert f": {place} as" in brought
    stored: list[bytes] = []

    def collect() -> None:
        store = travelled.server.cluster.store
        stored.extend(bytes(record.body) for key in store.stored_keys() for record in store.records(key))

    travelled.server.do(collect)
    found = "\n".join(leak for body in stored for leak in leaks(body, travelled.canaries.planted.values()))
    brought_only = {"exec plugin", "args of a plugin", "env of a plugin"}
    for place in travelled.canaries.planted.keys() - brought_only:
        assert f"{place} as" in found


def test_what_was_written_is_for_its_owner_only_whatever_the_umask(travelled: World) -> None:
    work, state = travelled.outputs / "work", travelled.outputs / "state"
    modes = {
        str(path.relative_to(travelled.outputs)): stat.S_IMODE(path.stat().st_mode)
        for folder in (work, state)
        for path in (folder, *folder.rglob("*"))
        # a chart is copied with its own modes, into a folder that is private
        if path != work and "charts" not in path.parts[:-2]
    }
    assert {"state/seatrial.db", "work/c1.seatrial", "work/summer.json", "work/live.svg"} <= modes.keys()
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_helm_gets_values_through_memory(travelled: World) -> None:
    modes = set((travelled.outputs / "seen" / "modes").read_text().split("\n"))
    assert modes == {"600 -rw-------", ""}
    arguments = (travelled.outputs / "seen" / "helm-arguments").read_text()
    assert "upgrade" in arguments
    assert "--values" in arguments
    left = [path for name in ("tmp", "home") for path in (travelled.outputs / name).rglob("*")]
    assert [path for path in left if not path.is_dir()] == [], "not even by the process that was killed"


def test_what_failed_is_still_explained(travelled: World) -> None:
    said = travelled.said
    assert "cannot log in with" in said["apply-helm"]
    assert "getting credentials: exec: executable" in said["apply-login"]
    assert "nobody has allowed" in said["login-unasked"]
    assert "failed with exit code 1" in said["login-fails"]
    assert "cannot log in with" in said["rollout"]
    for name in ("apply-webhook-helm", "apply-webhook"):
        assert 'admission webhook "policy.example.com" denied the request: PASSWORD=' in said[name]
