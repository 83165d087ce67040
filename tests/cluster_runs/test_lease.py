"""Two writers and one Lease: only one works, a dead one is replaced, and what it held is put back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cluster_runs.fakes import FakeCharts, FakeKube, Fuse
from tests.cluster_runs.worlds import small_plan

from seatrial.clock import SimulatedClock
from seatrial.cluster.helm_release import ReleaseStatus
from seatrial.cluster.objects import GroupVersionResource, Obj
from seatrial.cluster.release_state import Pending
from seatrial.cluster_runs.lease import LEFT, NAMESPACE, RUN, ClusterLease, Holder, LeaseHeld, LeaseLost
from seatrial.cluster_runs.leftovers import take_over
from seatrial.errors import BadInput, Conflict, Forbidden, NotFound, TemporaryError
from seatrial.wiring.leasing import lease_namespace


class Leases:
    """An API server that holds one Lease; a writer in `cut_off` gets no answer."""

    def __init__(self) -> None:
        self.lease: Obj | None = None
        self.version = 0
        self.cut_off: set[str] = set()
        self.elsewhere: list[Obj] = []
        """Leases of the same name in other namespaces."""
        self.may_list = True

    def client(self, name: str) -> Client:
        return Client(self, name)


class Client:
    def __init__(self, leases: Leases, name: str) -> None:
        self.leases, self.name = leases, name

    def _reach(self) -> None:
        if self.name in self.leases.cut_off:
            raise TemporaryError("no answer.")

    async def get(self, gvr: GroupVersionResource, name: str, namespace: str = "") -> Obj:
        self._reach()
        found = [self.leases.lease] if self.leases.lease else []
        for lease in (*found, *self.leases.elsewhere):
            if lease["metadata"]["namespace"] == namespace:
                return msgspec.json.decode(msgspec.json.encode(lease))
        raise NotFound("no such lease.")

    async def everywhere(self, gvr: GroupVersionResource, name: str) -> list[Obj]:
        self._reach()
        if not self.leases.may_list:
            raise Forbidden("not allowed.")
        return [*([self.leases.lease] if self.leases.lease else []), *self.leases.elsewhere]

    async def create(self, gvr: GroupVersionResource, obj: Obj, namespace: str = "") -> Obj:
        self._reach()
        if self.leases.lease is not None:
            raise Conflict("it exists.")
        return self._store(obj)

    async def replace(self, gvr: GroupVersionResource, obj: Obj) -> Obj:
        self._reach()
        if self.leases.lease is None:
            raise NotFound("no such lease.")
        if obj["metadata"].get("resourceVersion") != str(self.leases.version):
            raise Conflict("somebody was faster.")
        return self._store(obj)

    def _store(self, obj: Obj) -> Obj:
        self.leases.version += 1
        stored = msgspec.json.decode(msgspec.json.encode(obj))
        stored["metadata"]["resourceVersion"] = str(self.leases.version)
        self.leases.lease = stored
        return msgspec.json.decode(msgspec.json.encode(stored))


class Stage:
    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.leases = Leases()
        self.found: list[Holder] = []

    def lease(self, run: str, worker: str = "", namespace: str = NAMESPACE) -> ClusterLease:
        async def leftovers(holder: Holder) -> None:
            self.found.append(holder)

        name = worker or f"{run}@here"
        return ClusterLease(self.leases.client(name), self.clock, run, name, leftovers, namespace)

    def play(self, story: Callable[[], Awaitable[None]]) -> None:
        async def main() -> None:
            await story()

        self.clock.run(main())

    def spec(self) -> Obj:
        assert self.leases.lease is not None
        return dict(self.leases.lease["spec"])


def test_it_is_made_renewed_while_held_and_free_afterwards() -> None:
    stage = Stage()

    async def story() -> None:
        async with stage.lease("run-1").held() as held:
            assert stage.spec()["holderIdentity"] == "run-1@here"
            before = stage.leases.version
            await stage.clock.sleep(605)
            assert stage.leases.version - before == 40
            await held.confirm()
        assert stage.spec()["holderIdentity"] == ""
        version = stage.leases.version
        await stage.clock.sleep(600)
        assert stage.leases.version == version
        async with stage.lease("run-2").held():
            assert stage.spec()["leaseTransitions"] == 1

    stage.play(story)
    assert stage.found == []


def test_a_second_writer_is_told_who_since_when_and_with_what() -> None:
    stage = Stage()

    async def story() -> None:
        async with stage.lease("run-1").held():
            with pytest.raises(LeaseHeld, match=r"run-1@here with run run-1, since 2026-01-01T00:00:00"):
                async with stage.lease("run-2").held():
                    raise AssertionError

    stage.play(story)


def test_a_dead_holder_is_replaced_only_after_its_leftovers_were_seen() -> None:
    stage = Stage()

    async def story() -> None:
        dead = stage.lease("run-1")
        await dead._acquire()
        await dead.note_left('[{"a":1}]')
        began = stage.clock.monotonic()
        async with stage.lease("run-2").held():
            assert 60 < stage.clock.monotonic() - began <= 70
            assert stage.leases.lease is not None
            assert LEFT not in stage.leases.lease["metadata"]["annotations"]
        with pytest.raises(LeaseLost, match="run-2@here with run run-2"):
            await dead.note_left("")

    stage.play(story)
    assert [(each.run, each.left) for each in stage.found] == [("run-1", '[{"a":1}]')]


def test_a_later_process_of_the_same_run_goes_on_at_once() -> None:
    stage = Stage()

    async def story() -> None:
        first = stage.lease("run-1", "dead")
        await first._acquire()
        await first.note_left("[1]")
        async with stage.lease("run-1", "next").held():
            assert stage.clock.monotonic() == 0
            assert stage.leases.lease is not None
            assert stage.leases.lease["metadata"]["annotations"][LEFT] == "[1]"
        with pytest.raises(LeaseLost):
            await first.confirm()

    stage.play(story)
    assert stage.found == []


def test_a_run_that_is_not_finished_keeps_others_away_while_it_holds_something_back() -> None:
    stage = Stage()

    async def story() -> None:
        async with stage.lease("run-1").held() as held:
            await held.note_left("[1]")
        with pytest.raises(LeaseHeld, match="run run-1 of run-1@here is not finished here"):
            async with stage.lease("run-2").held():
                raise AssertionError
        async with stage.lease("run-1").held() as held:
            await held.note_left("")
        async with stage.lease("run-2").held():
            pass

    stage.play(story)


def test_a_holder_that_is_cut_off_begins_nothing_after_its_time() -> None:
    stage = Stage()

    async def story() -> None:
        async with stage.lease("run-1").held() as held:
            stage.leases.cut_off = {"run-1@here"}
            await stage.clock.sleep(40)
            await held.confirm()
            await stage.clock.sleep(30)
            with pytest.raises(LeaseLost, match="could not be renewed for 60 seconds"):
                await held.confirm()

    stage.play(story)


def test_a_lease_that_somebody_deletes_is_made_again() -> None:
    stage = Stage()

    async def story() -> None:
        async with stage.lease("run-1").held() as held:
            stage.leases.lease = None
            await held.confirm()
            assert stage.spec()["holderIdentity"] == "run-1@here"

    stage.play(story)


def in_namespace(namespace: str, holder: str, **annotations: str) -> Obj:
    meta = {"name": "seatrial", "namespace": namespace, "annotations": {RUN: "run-9", **annotations}}
    return {"metadata": meta, "spec": {"holderIdentity": holder}}


@pytest.mark.parametrize("may_list", [True, False], ids=["may list", "may not list"])
def test_a_writer_that_was_told_another_namespace_is_noticed(may_list: bool) -> None:
    stage = Stage()
    stage.leases.elsewhere = [in_namespace(NAMESPACE, "ann@laptop")]
    stage.leases.may_list = may_list

    async def story() -> None:
        with pytest.raises(
            LeaseHeld, match=r"ann@laptop with run run-9 keeps the Lease .* in namespace kube-"
        ):
            async with stage.lease("run-1", namespace="upgrades").held():
                raise AssertionError
        assert stage.spec()["holderIdentity"] == "", "let go again"

    stage.play(story)


def test_what_a_run_left_behind_in_another_namespace_is_noticed_and_what_is_free_there_is_not() -> None:
    stage = Stage()

    async def story() -> None:
        stage.leases.elsewhere = [in_namespace("old", "")]
        async with stage.lease("run-1").held():
            pass
        stage.leases.elsewhere = [in_namespace("old", "", **{LEFT: "[1]"})]
        with pytest.raises(LeaseHeld, match="namespace old, not in kube-system"):
            async with stage.lease("run-1").held():
                raise AssertionError

    stage.play(story)


@pytest.mark.parametrize("named", ["Upgrades", "a/b", "-a", "x" * 64])
def test_a_name_that_no_namespace_has_is_refused(named: str) -> None:
    with pytest.raises(BadInput, match="SEATRIAL_LEASE_NAMESPACE is not the name of a namespace"):
        lease_namespace({"SEATRIAL_LEASE_NAMESPACE": named})


def test_the_namespace_is_kube_system_unless_it_is_named() -> None:
    assert lease_namespace({}) == "kube-system"
    assert lease_namespace({"SEATRIAL_LEASE_NAMESPACE": "upgrades"}) == "upgrades"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_never_do_two_writers_begin_a_step_at_once(seed: int) -> None:
    """Writers come, work, are cut off, die and come back; a step begins only after `confirm`."""
    stage, rng = Stage(), random.Random(seed)
    inside: list[str] = []

    async def writer(name: str) -> None:
        for _ in range(4):
            await stage.clock.sleep(rng.uniform(0, 120))
            lease = stage.lease(name)
            try:
                async with lease.held():
                    for _ in range(rng.randrange(4)):
                        await stage.clock.sleep(rng.uniform(0, 90))
                        if rng.random() < 0.2:
                            stage.leases.cut_off ^= {lease.worker}
                        await lease.confirm()
                        assert stage.leases.lease is not None
                        holder = stage.spec()["holderIdentity"]
                        if lease.worker not in stage.leases.cut_off:
                            assert holder == lease.worker
                        inside.append(name)
            except (LeaseHeld, LeaseLost, TemporaryError):
                continue
            finally:
                stage.leases.cut_off -= {lease.worker}

    async def story() -> None:
        await asyncio.gather(*(writer(f"w{number}") for number in range(3)))

    stage.play(story)


def test_what_a_dead_run_noted_is_put_back_where_it_still_is_as_that_run_left_it() -> None:
    kube, charts = FakeKube(Fuse()), FakeCharts(Fuse())
    kube.add("deployments", "ca", "kube-system", spec={"replicas": 0})
    kube.add("deployments", "web", "shop", spec={"replicas": 7})
    left = [
        {
            "apiVersion": "apps/v1",
            "resource": "deployments",
            "namespace": namespace,
            "name": name,
            "changed": {"spec": {"replicas": changed}},
            "back": {"spec": {"replicas": back}},
        }
        for namespace, name, changed, back in (("kube-system", "ca", 0, 2), ("shop", "web", 2, 1))
    ]
    holder = Holder("ann@laptop", "run-9", "", msgspec.json.encode(left).decode())

    async def story() -> None:
        await take_over(holder, small_plan().components, kube, kube, charts.state)
        assert kube.objects["deployments", "kube-system", "ca"]["spec"] == {"replicas": 2}
        assert kube.objects["deployments", "shop", "web"]["spec"] == {"replicas": 7}
        charts.releases["ingress"] = Pending("2.0.0", 2, ReleaseStatus.PENDING_UPGRADE, 1)
        with pytest.raises(Conflict, match=r"left release infra/ingress pending-upgrade.*helm rollback"):
            await take_over(holder, small_plan().components, kube, kube, charts.state)
        broken = Holder("ann@laptop", "run-9", "", "{")
        charts.releases.clear()
        with pytest.raises(Conflict, match="cannot be read"):
            await take_over(broken, small_plan().components, kube, kube, charts.state)

    SimulatedClock().run(story())
