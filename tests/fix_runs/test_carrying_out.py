"""A fix is observed, recorded, made and read back; whoever dies in the middle leaves nothing unknown."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from tests.cluster_runs.fakes import FakeKube, Fuse, Killed

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import GroupVersionResource, Obj, ObjectRef
from seatrial.cluster.proposal import Proposal
from seatrial.cluster_runs.cluster_run import no_lease
from seatrial.errors import Conflict
from seatrial.fix_runs.carrying_out import Hands, Refused, carry_out, settle, take_back
from seatrial.fix_runs.journal import FixJournal, open_journal
from seatrial.fixes.offers import Offer
from seatrial.fixes.records import State
from seatrial.store import Store
from seatrial.store.memory import MemoryStore

WEB = ("deployments", "shop", "web")
SCALE = Proposal(
    title="Scale deployment shop/web from 1 to 2",
    target=ObjectRef("apps/v1", "Deployment", "shop", "web"),
    resource="deployments",
    patch={"spec": {"replicas": 2}},
    undo={"spec": {"replicas": 1}},
    expects={"spec": {"replicas": 1}},
    safe=True,
)
OFFER = Offer(id="scale", check="budget-never-allows", why="It never allows an eviction.", proposal=SCALE)


class Kube(FakeKube):
    """With resource versions, as a server has them, and somebody who may be faster."""

    def __init__(self, fuse: Fuse | None = None) -> None:
        super().__init__(fuse or Fuse())
        web = self.add("deployments", "web", "shop", spec={"replicas": 1, "paused": True})
        web["metadata"]["resourceVersion"] = "7"
        self.faster = False
        self.reverted = False

    async def patch(
        self, gvr: GroupVersionResource, name: str, namespace: str, body: Any, *, kind: Any = "merge"
    ) -> Obj:
        self.fuse.point("before the request")
        metadata = self.web["metadata"]
        if self.faster:
            metadata["resourceVersion"] = "8"
        if body["metadata"] != {key: metadata[key] for key in ("resourceVersion", "uid")}:
            raise Conflict("the object has been modified.")
        self.writes.append(f"patch {name}")
        if not self.reverted:
            _merge(self.web, {key: value for key, value in body.items() if key != "metadata"})
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        self.fuse.point("before the answer")
        return {}

    @property
    def web(self) -> Obj:
        return self.objects[WEB]

    @property
    def replicas(self) -> int:
        found: int = self.web["spec"]["replicas"]
        return found


def _merge(obj: Obj, patch: Obj) -> None:
    for key, value in patch.items():
        if isinstance(value, dict):
            _merge(obj.setdefault(key, {}), value)
        elif value is None:
            obj.pop(key, None)
        else:
            obj[key] = value


async def hands(kube: Kube, store: Store, worker: str = "one", clock: SimulatedClock | None = None) -> Hands:
    clock = clock or SimulatedClock()
    journal = await open_journal(store, "cluster-uid", "prod", clock)
    await journal.claim(worker)
    async with no_lease("run", worker) as lease:
        return Hands(kube, kube, journal, clock, "ada", lease)


def states(journal: FixJournal) -> list[State]:
    return [each.state for each in journal.records.values()]


async def test_a_fix_is_recorded_with_its_exact_inverse_and_taken_back() -> None:
    kube, store = Kube(), MemoryStore()
    at_work = await hands(kube, store)
    made = await carry_out(OFFER, at_work, why="tonight")
    assert made is not None
    assert (kube.replicas, made.state) == (2, State.MADE)
    intended = made.intended
    assert (intended.by, intended.why, intended.version, intended.back) == (
        "ada",
        "tonight",
        "7",
        {"spec": {"replicas": 1}},
    )
    undone = await take_back(made, at_work)
    assert (kube.replicas, undone.state, undone.undone_by) == (1, State.UNDONE, "ada")


async def test_a_field_that_was_not_there_is_taken_out_again() -> None:
    kube, store = Kube(), MemoryStore()
    field = "unhealthyPodEvictionPolicy"
    allow = Proposal(
        title="Let unready pods be evicted",
        target=SCALE.target,
        resource="deployments",
        patch={"spec": {field: "AlwaysAllow"}},
        undo={"spec": {field: None}},
        expects={"spec": {field: None}},
        safe=True,
    )
    at_work = await hands(kube, store)
    made = await carry_out(Offer(id="allow", check="c", why="w", proposal=allow), at_work)
    assert made is not None
    assert kube.web["spec"][field] == "AlwaysAllow"
    await take_back(made, at_work)
    assert field not in kube.web["spec"]


async def test_what_is_so_already_is_no_change() -> None:
    kube, store = Kube(), MemoryStore()
    kube.web["spec"]["replicas"] = 2
    assert await carry_out(OFFER, await hands(kube, store)) is None
    assert kube.writes == []


async def test_fields_that_changed_since_the_proposal_are_left_alone() -> None:
    kube, store = Kube(), MemoryStore()
    kube.web["spec"]["replicas"] = 5
    with pytest.raises(Refused, match="no longer as they were"):
        await carry_out(OFFER, await hands(kube, store))
    assert (kube.writes, kube.replicas) == ([], 5)


async def test_whoever_changes_the_object_between_look_and_change_wins() -> None:
    kube, store = Kube(), MemoryStore()
    kube.faster = True
    at_work = await hands(kube, store)
    with pytest.raises(Conflict, match="modified"):
        await carry_out(OFFER, at_work)
    assert (kube.replicas, states(at_work.journal)) == (1, [State.FAILED])


async def test_what_a_git_sync_owns_by_now_is_refused() -> None:
    kube, store = Kube(), MemoryStore()
    kube.web["metadata"]["labels"] = {"kustomize.toolkit.fluxcd.io/name": "shop"}
    with pytest.raises(Refused, match="Flux Kustomization shop would put it back"):
        await carry_out(OFFER, await hands(kube, store))


async def test_replicas_of_an_autoscaler_are_refused() -> None:
    kube, store = Kube(), MemoryStore()
    target = {"kind": "Deployment", "name": "web"}
    kube.add("horizontalpodautoscalers", "web", "shop", spec={"scaleTargetRef": target})
    with pytest.raises(Refused, match="HorizontalPodAutoscaler web would put it back"):
        await carry_out(OFFER, await hands(kube, store))


async def test_a_change_that_something_reverts_at_once_is_no_success() -> None:
    kube, store = Kube(), MemoryStore()
    kube.reverted = True
    at_work = await hands(kube, store)
    with pytest.raises(Refused, match="something reverts it"):
        await carry_out(OFFER, at_work)
    assert states(at_work.journal) == [State.FAILED]


async def test_a_field_that_somebody_changed_since_is_not_taken_back() -> None:
    kube, store = Kube(), MemoryStore()
    at_work = await hands(kube, store)
    made = await carry_out(OFFER, at_work)
    assert made is not None
    kube.web["spec"]["replicas"] = 9
    with pytest.raises(Refused, match=r"somebody has changed spec\.replicas since"):
        await take_back(made, at_work)
    assert kube.replicas == 9


async def test_an_object_made_anew_is_another() -> None:
    kube, store = Kube(), MemoryStore()
    at_work = await hands(kube, store)
    made = await carry_out(OFFER, at_work)
    assert made is not None
    kube.web["metadata"]["uid"] = "another"
    with pytest.raises(Refused, match="made anew"):
        await take_back(made, at_work)


async def test_secrets_are_never_recorded() -> None:
    kube, store = Kube(), MemoryStore()
    secret = Proposal(
        title="t",
        target=ObjectRef("v1", "Secret", "shop", "s"),
        resource="secrets",
        patch={"stringData": {"p": "hunter2"}},
        undo={"stringData": None},
        expects={},
        safe=True,
    )
    kube.add("secrets", "s", "shop")
    at_work = await hands(kube, store)
    with pytest.raises(Refused, match="not recorded"):
        await carry_out(Offer(id="s", check="c", why="w", proposal=secret), at_work)
    assert at_work.journal.events == []


@pytest.mark.parametrize("point", range(1, 9))
def test_killed_anywhere_the_next_run_knows_what_is_so(point: int) -> None:
    """Carried out and taken back in a process that dies at one point: the journal agrees with the object."""
    fuse = Fuse(at=point)
    kube, store = Kube(fuse), MemoryStore()

    async def first(clock: SimulatedClock) -> None:
        at_work = await hands(kube, store, clock=clock)
        made = await carry_out(OFFER, at_work)
        assert made is not None
        await take_back(made, at_work)

    async def second(clock: SimulatedClock) -> None:
        at_work = await hands(kube, store, "two", clock)
        await settle(at_work)
        records = list(at_work.journal.records.values())
        assert not any(each.is_unsettled for each in records)
        in_effect = [each for each in records if each.state is State.MADE]
        assert (kube.replicas == 2) == bool(in_effect)
        writes = len(kube.writes)
        await settle(at_work)
        assert len(kube.writes) == writes, "settling looks, it changes nothing"
        for each in in_effect:
            await take_back(each, at_work)

    with suppress(Killed):
        clock = SimulatedClock()
        clock.run(first(clock))
    fuse.at = None
    clock = SimulatedClock()
    clock.run(second(clock))
    assert kube.replicas == 1


def test_a_request_that_arrives_after_its_sender_died_is_waited_for() -> None:
    kube, store = Kube(Fuse(at=3)), MemoryStore()  # before the request

    async def die(clock: SimulatedClock) -> None:
        await carry_out(OFFER, await hands(kube, store, clock=clock))

    async def look(clock: SimulatedClock) -> list[State]:
        at_work = await hands(kube, store, "two", clock)

        async def arrive() -> None:
            await clock.sleep(5.0)
            kube.web["spec"]["replicas"] = 2

        late = asyncio.create_task(arrive())
        settled = await settle(at_work)
        await late
        return [each.state for each in settled]

    clock = SimulatedClock()
    with pytest.raises(Killed):
        clock.run(die(clock))
    kube.fuse.at = None
    clock = SimulatedClock()
    assert clock.run(look(clock)) == [State.MADE]
