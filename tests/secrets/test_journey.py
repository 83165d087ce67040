"""From check to rollout with canaries in every corner, and not one of them in what is left behind."""

from __future__ import annotations

import json
import random
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext

import pytest
from tests.cluster_runs.serve_one import TO
from tests.postgres import PostgresServer, run_postgres
from tests.secrets.canaries import Canaries, Canary
from tests.secrets.searching import keep_uncompressed, leaks, leaks_below, leaks_in_postgres
from tests.secrets.world import World, world

pytestmark = pytest.mark.journey
_TELLING = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_min_messages": "debug1",
}
"""A server that logs every statement with its values."""
_LOOKED = (0, 1)
"""Each new check may find something to warn of."""
_PASSWORD = Canary("password of the database", "sea-trial-canary")


@pytest.fixture(
    scope="module",
    params=["SQLite, Helm 4", pytest.param("PostgreSQL, Helm 3", marks=pytest.mark.slow)],
)
def travelled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, PostgresServer | None]]:
    """Everything a person does in an upgrade that goes wrong, once for all tests of this file."""
    with ExitStack() as stack:
        postgres = stack.enter_context(_postgres()) if "PostgreSQL" in request.param else None
        made = stack.enter_context(
            world(
                tmp_path_factory.mktemp("secrets"),
                Canaries(random.Random(29)),
                helm=request.param[-1],
                database=postgres.new_database() if postgres else "",
            )
        )
        _travel(made)
        yield made, postgres


@pytest.fixture
def made(travelled: tuple[World, PostgresServer | None]) -> World:
    return travelled[0]


_postgres = contextmanager(lambda: run_postgres(_TELLING))


def _travel(made: World) -> None:
    fleet = str(made.inputs / "fleet.yaml")
    spring, summer = (
        ("--fleet", fleet, "--cluster", "c1", "--release", each) for each in ("spring", "summer")
    )
    run, at = made.seatrial, made.canaries.at

    if made.database:
        run("tables", "rollout", "list", code=0)
        keep_uncompressed(made.database)
    for form in ("table", "json", "yaml"):
        run(f"check-{form}", "check", "--to", str(TO), "-o", form, code=_LOOKED)
        run(f"rehearse-{form}", "rehearse", *spring, "-o", form, "--svg", "live.svg", code=2)
    run("snapshot", "snapshot", "-o", "c1.seatrial", code=0)
    for form in ("table", "json"):
        run(f"inspect-{form}", "snapshot", "inspect", "c1.seatrial", "--objects", "-o", form, code=0)
    run("check-snapshot", "check", "--snapshot", "c1.seatrial", "--to", str(TO), code=_LOOKED)
    run("rehearse-snapshot", "rehearse", "--snapshot", "c1.seatrial", *summer, code=3)

    # Helm repeats a value of the chart
    run("plan", "plan", *spring, "-o", "spring.json", code=_LOOKED)
    run("plan-json", "plan", *spring, "--output", "json", code=_LOOKED)
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
    run("plan-summer", "plan", *summer, "-o", "summer.json", code=_LOOKED)
    made.server.refuse(verb="patch", resource="deployments", message=refused)
    run("apply-webhook-helm", "apply", "summer.json", "--yes", code=2)
    made.server.refuse(verb="patch", resource="deployments/scale", message=refused)
    run("apply-webhook", "apply", "summer.json", "--yes", "--retry", code=2)
    made.server.refuse_nothing()
    run("apply-webhook-cancel", "apply", "summer.json", "--cancel", code=2)

    for form in made.forms:
        _hand_off(made, form)

    start = ("--fleet", fleet, "--release", "spring", "--strategy", "careful", "--yes")
    with made.beside("worker", "worker") if made.database else nullcontext():
        made.seatrial_until("rollout", "tries again", "rollout", "start", *start)
    (found,) = json.loads(run("rollouts", "rollout", "list", "-o", "json", code=0))
    run("rollout-status", "rollout", "status", found["id"], code=0)
    run("rollout-cancel", "rollout", "cancel", found["id"], "--why", "enough", code=0)


def _hand_off(made: World, form: str) -> None:
    """Have the change of the control plane written for its owner, and give it up."""
    fleet = str(made.inputs / f"fleet-{form}.yaml")
    made.seatrial(
        f"plan-{form}", "plan", "--fleet", fleet, "--cluster", "c1", "--release", "autumn",
        "-o", f"{form}.json", code=_LOOKED,
    )  # fmt: skip
    made.seatrial_until(f"apply-{form}", "waiting for terraform", "apply", f"{form}.json", "--yes")
    made.seatrial(f"cancel-{form}", "apply", f"{form}.json", "--cancel", code=2)


def test_no_canary_is_in_any_byte_that_was_written_or_printed(made: World) -> None:
    assert leaks_below(made.outputs, [*made.canaries.planted.values(), _PASSWORD]) == []


@pytest.mark.slow
def test_no_canary_is_in_any_byte_of_the_database_and_its_logs(
    travelled: tuple[World, PostgresServer | None],
) -> None:
    made, postgres = travelled
    if postgres is None:
        pytest.skip("its state is in a folder, which is searched with all others")
    assert leaks_in_postgres(postgres.folder, made.database, made.canaries.planted.values()) == []
    stored = b"cannot log in with"
    assert stored.hex().encode() in (postgres.folder / "log").read_bytes(), "the log has what was stored"


def test_what_was_written_for_owners_was_searched(made: World) -> None:
    written = sorted(path.suffix for path in (made.outputs / "state").rglob("handoffs/*/*"))
    assert written == [".md"] * len(made.forms) + [".patch"] * len({"branch", "patch"} & {*made.forms})
    assert "commit-tree" in (made.outputs / "seen" / "git-arguments").read_text()


def test_the_journey_saw_what_it_must_not_tell(made: World) -> None:
    """The canaries were there to be found: in the cluster, and in what people brought."""
    assert len(made.canaries.planted) > 35
    brought = "\n".join(leaks_below(made.inputs, made.canaries.planted.values()))
    for place in ("values", "exec plugin", "args of a plugin", "env of a plugin"):
        assert f": {place} as" in brought
    stored: list[bytes] = []

    def collect() -> None:
        store = made.server.cluster.store
        stored.extend(bytes(record.body) for key in store.stored_keys() for record in store.records(key))

    made.server.do(collect)
    found = "\n".join(leak for body in stored for leak in leaks(body, made.canaries.planted.values()))
    brought_only = {"exec plugin", "args of a plugin", "env of a plugin"}
    for place in made.canaries.planted.keys() - brought_only:
        assert f"{place} as" in found


def test_what_was_written_is_for_its_owner_only_whatever_the_umask(made: World) -> None:
    work, state = made.outputs / "work", made.outputs / "state"
    modes = {
        str(path.relative_to(made.outputs)): stat.S_IMODE(path.stat().st_mode)
        for folder in (work, state)
        for path in (folder, *folder.rglob("*"))
        # a chart is copied with its own modes, into a folder that is private
        if path != work and "charts" not in path.parts[:-2]
    }
    state_file = set() if made.database else {"state/seatrial.db"}
    assert state_file | {"work/c1.seatrial", "work/summer.json", "work/live.svg"} <= modes.keys()
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_helm_gets_values_through_memory(made: World) -> None:
    modes = set((made.outputs / "seen" / "modes").read_text().split("\n"))
    assert modes == {"600 -rw-------", ""}
    arguments = (made.outputs / "seen" / "helm-arguments").read_text()
    assert "upgrade" in arguments
    assert "--values" in arguments
    left = [path for name in ("tmp", "home") for path in (made.outputs / name).rglob("*")]
    assert [path for path in left if not path.is_dir()] == [], "not even by the process that was killed"


def test_what_failed_is_still_explained(made: World) -> None:
    said = made.said
    assert "cannot log in with" in said["apply-helm"]
    assert "getting credentials: exec: executable" in said["apply-login"]
    assert "nobody has allowed" in said["login-unasked"]
    assert "failed with exit code 1" in said["login-fails"]
    assert "cannot log in with" in said["rollout"]
    for name in ("apply-webhook-helm", "apply-webhook"):
        assert 'admission webhook "policy.example.com" denied the request: PASSWORD=' in said[name]
