"""The store against a plain dict: whatever is written, indexes, history and order agree with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from seatrial.simulator.store import (
    AlreadyStored,
    Event,
    HistoryGone,
    NotStored,
    ObjectStore,
    ResourceKey,
    StaleRevision,
)

KEY = ResourceKey("", "things")
places = st.tuples(st.sampled_from(["", "a", "a-b", "b"]), st.sampled_from(["x", "y", "z"]))
owners = st.lists(st.sampled_from(["o1", "o2"]), unique=True, max_size=2)


def thing(place: tuple[str, str], owned_by: list[str] = [], **more: Any) -> dict[str, Any]:  # noqa: B006
    meta: dict[str, Any] = {"name": place[1], "uid": f"{place[0]}/{place[1]}"}
    if place[0]:
        meta["namespace"] = place[0]
    if owned_by:
        meta["ownerReferences"] = [{"uid": uid} for uid in owned_by]
    return {"metadata": meta, **more}


class Stored(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = ObjectStore(history=1000)
        self.model: dict[tuple[str, str], dict[str, Any]] = {}
        self.replayed: dict[tuple[str, str], dict[str, Any]] = {}
        self.store.subscribe(self._replay)

    def _replay(self, event: Event) -> None:
        place = (event.namespace, event.name)
        if event.type == "DELETED":
            del self.replayed[place]
        else:
            assert (event.type == "ADDED") == (place not in self.replayed)
            self.replayed[place] = event.obj()

    @rule(place=places, owned_by=owners)
    def create(self, place: tuple[str, str], owned_by: list[str]) -> None:
        if place in self.model:
            with pytest.raises(AlreadyStored):
                self.store.create(KEY, thing(place, owned_by))
        else:
            self.model[place] = self.store.create(KEY, thing(place, owned_by))

    @rule(place=places, owned_by=owners, value=st.integers(0, 2))
    def update(self, place: tuple[str, str], owned_by: list[str], value: int) -> None:
        if place not in self.model:
            with pytest.raises(NotStored):
                self.store.update(KEY, thing(place))
            return
        before = self.store.revision
        written = self.store.update(KEY, thing(place, owned_by, value=value))
        same = dict(self.model[place].items()) == written
        assert (self.store.revision == before) == same
        self.model[place] = written

    @rule(place=places)
    def update_stale(self, place: tuple[str, str]) -> None:
        if place in self.model:
            with pytest.raises(StaleRevision):
                self.store.update(KEY, thing(place), expected_revision=0)

    @rule(place=places)
    def remove(self, place: tuple[str, str]) -> None:
        if self.model.pop(place, None) is not None:
            self.store.remove(KEY, *place)

    @invariant()
    def agrees(self) -> None:
        assert self.store.list(KEY) == [self.model[place] for place in sorted(self.model)]
        assert self.replayed == self.model
        for namespace in ("", "a", "a-b", "b"):
            inside = [self.model[place] for place in sorted(self.model) if place[0] == namespace]
            assert self.store.list(KEY, namespace) == inside
        for uid in ("o1", "o2"):
            owned = {
                place
                for place, obj in self.model.items()
                if {"uid": uid} in obj["metadata"].get("ownerReferences", [])
            }
            assert {(r.namespace, r.name) for r in self.store.owned_by(uid)} == owned


TestStored = Stored.TestCase
TestStored.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_history_is_bounded_and_says_when_it_is_gone() -> None:
    store = ObjectStore(history=2)
    for name in "abc":
        store.create(KEY, thing(("", name)))
    assert [event.name for event in store.events_after(2)] == ["b", "c"]
    with pytest.raises(HistoryGone):
        store.events_after(1)


def test_shared_objects_are_those_of_the_last_write() -> None:
    store = ObjectStore()
    store.create(KEY, thing(("", "a"), value=1))
    assert (store.peek(KEY, "", "a") or {})["value"] == 1
    store.update(KEY, thing(("", "a"), value=2))
    assert (store.peek(KEY, "", "a") or {})["value"] == 2


def test_a_subscriber_that_fails_does_not_keep_the_news_from_others() -> None:
    store, heard = ObjectStore(), []

    def fail(event: Event) -> None:
        raise RuntimeError(event.name)

    store.subscribe(fail)
    store.subscribe(lambda event: heard.append(event.name))
    with pytest.raises(RuntimeError, match="a"):
        store.create(KEY, thing(("", "a")))
    with pytest.raises(RuntimeError, match="b"):
        store.create(KEY, thing(("", "b")))
    assert heard == ["a", "b"]
