"""Drains every node in turn, with nothing put in its place, and says which of its pods have nowhere to go.

Pods that wait for a node already take their place first. DaemonSets and static pods stay. A drained node
is cordoned, not gone: it still counts as a domain to spread over, as it does for the scheduler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from seatrial.checks.placement.board import Board, Slot
from seatrial.checks.placement.needs import Needs, Port
from seatrial.checks.placement.rules import Move, Rule, SpreadRule
from seatrial.cluster.models import Node, Pod
from seatrial.cluster.snapshot import Snapshot


class Obstacle(StrEnum):
    """Why no other node takes a pod."""

    NOWHERE = "nowhere"
    """No other node may: selector, node affinity, taints."""
    ROOM = "room"
    """None of those that may has the room."""
    APART = "apart"
    """Those with room hold a pod that it must stay away from, or its host port."""
    SPREAD = "spread"
    """Those with room would be too full of its like."""
    TOGETHER = "together"
    """Those with room lack a pod that it must be beside."""


class Homeless(msgspec.Struct, frozen=True):
    """A pod that would stay pending."""

    pod: Pod
    node: Node
    """From where it is drained."""
    obstacle: Obstacle
    short: tuple[str, ...] = ()
    """Resources that are short, where it is about room."""


def homeless_pods(snapshot: Snapshot) -> tuple[Homeless, ...]:
    """For each node, its pods that no other node could take."""
    return snapshot.once(_homeless)


def _homeless(snapshot: Snapshot) -> tuple[Homeless, ...]:
    return tuple(_drain_each(Board(snapshot.read(Node), snapshot.read(Pod))))


def _drain_each(board: Board) -> Iterator[Homeless]:
    for pod in sorted(board.unbound, key=_size):
        place = _Drain(board, None).place_for(pod)
        if isinstance(place, Slot):
            place.take(pod)
    hopeless: set[tuple[object, ...]] = set()
    if sum(slot.is_open for slot in board.slots.values()) < 2:
        return  # nowhere else to go: whoever runs one node knows
    for slot in board.slots.values():
        leaving = [each for each in slot.pods if each.pod.leaves_when_drained and not each.pod.is_terminating]
        if slot.is_open and leaving:
            left = _Drain(board, slot, hopeless).run(leaving)
            if any(each.obstacle is Obstacle.ROOM for each in left) and len(leaving) > 1:
                left = min(left, _Drain(board, slot, hopeless, tight=True).run(leaving), key=len)
            yield from left


def _size(pod: Needs) -> tuple[int, int, str, str]:
    """The largest first."""
    asked = pod.requests
    return (-asked.get("cpu", 0), -asked.get("memory", 0), pod.pod.namespace, pod.pod.name)


class _Drain(msgspec.Struct):
    board: Board
    drained: Slot | None
    hopeless: set[tuple[object, ...]] = msgspec.field(default_factory=set)
    """Shapes for which there is no room even before anything moves."""
    tight: bool = False
    """Fill the fullest nodes first: what finds no place one way may find one the other."""
    taken: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    ports: dict[str, Counter[Port]] = msgspec.field(default_factory=dict)
    moves: list[Move] = msgspec.field(default_factory=list)

    def run(self, leaving: Iterable[Needs]) -> list[Homeless]:
        assert self.drained is not None  # noqa: S101
        left_node = self.drained.node
        ordered = sorted(leaving, key=_size)
        self.moves += [Move(each, left_node.name, left_node.labels, -1) for each in ordered]
        left = []
        for pod in ordered:
            place = self.place_for(pod)
            if isinstance(place, Slot):
                self._take(place, pod)
            else:
                left.append(Homeless(pod.pod, self.drained.node, *place))
        return left

    def place_for(self, pod: Needs) -> Slot | tuple[Obstacle, tuple[str, ...]]:
        """A node that takes the pod, or why none does."""
        candidates = self.board.candidates(pod.admission)
        if not pod.is_particular and not self.board_repels(pod):
            return self._any_room(pod, candidates)
        if pod.shape in self.hopeless:
            return self._no_room(pod, candidates)
        around = _Around(self, pod)
        reasons: Counter[Obstacle] = Counter()
        for slot in self._in_order(candidates):
            if not self._has_room(slot, pod):
                continue
            reason = around.obstacle(slot)
            if reason is None:
                return slot
            reasons[reason] += 1
        if reasons:
            return max(reasons, key=lambda each: (reasons[each], each)), ()
        return self._no_room(pod, candidates)

    def board_repels(self, pod: Needs) -> bool:
        return bool(self.board.repelling(pod))

    def _any_room(self, pod: Needs, candidates: list[Slot]) -> Slot | tuple[Obstacle, tuple[str, ...]]:
        if not self.hopeless or pod.shape not in self.hopeless:
            for slot in self._in_order(candidates):
                if self._has_room(slot, pod):
                    return slot
        return self._no_room(pod, candidates)

    def _no_room(self, pod: Needs, candidates: list[Slot]) -> tuple[Obstacle, tuple[str, ...]]:
        best = next((slot for slot in candidates if slot is not self.drained), None)
        if best is None:
            return Obstacle.NOWHERE, ()
        if pod.shape not in self.hopeless and not any(_fits(slot, pod) for slot in candidates):
            self.hopeless.add(pod.shape)
        taken = self.taken.get(best.node.name, {})
        short = sorted(
            resource
            for resource, asked in pod.requests.items()
            if asked > best.free.get(resource, 0) - taken.get(resource, 0)
        )
        return Obstacle.ROOM, tuple(short)

    def _in_order(self, candidates: list[Slot]) -> Iterator[Slot]:
        ordered = reversed(candidates) if self.tight else iter(candidates)
        return (slot for slot in ordered if slot is not self.drained)

    def _has_room(self, slot: Slot, pod: Needs) -> bool:
        taken = self.taken.get(slot.node.name)
        if taken is None:
            return _fits(slot, pod)
        free = slot.free
        for resource, asked in pod.requests.items():
            if asked and asked > free.get(resource, 0) - taken.get(resource, 0):
                return False
        return True

    def _take(self, slot: Slot, pod: Needs) -> None:
        taken = self.taken.setdefault(slot.node.name, {})
        for resource, asked in pod.requests.items():
            taken[resource] = taken.get(resource, 0) + asked
        if pod.ports:
            self.ports.setdefault(slot.node.name, Counter()).update(pod.ports)
        self.moves.append(Move(pod, slot.node.name, slot.node.labels, 1))


def _fits(slot: Slot, pod: Needs) -> bool:
    free = slot.free
    for resource, asked in pod.requests.items():  # noqa: SIM110  asked for every pod and node: no generator
        if asked and asked > free.get(resource, 0):
            return False
    return True


class _Around:
    """What the pods that run, and those that just moved, mean for one pod."""

    def __init__(self, drain: _Drain, pod: Needs) -> None:
        board, moves = drain.board, drain.moves
        self._drain = drain
        self._pod = pod
        namespace = pod.pod.namespace
        self._wanted = [_counted(board.rule(term, namespace), moves) for term in pod.affinity]
        self._shunned = [_counted(board.rule(term, namespace), moves) for term in pod.anti_affinity]
        self._repelling = [(rule, _carried(rule, drain)) for rule in board.repelling(pod)]
        self._spread: list[tuple[SpreadRule, Counter[str], int, int]] = []
        for constraint in pod.spread:
            spread = board.spread(constraint, pod)
            change = spread.moved(moves)
            self._spread.append((spread, change, spread.fewest(change), spread.rule.matches(pod)))

    def obstacle(self, slot: Slot) -> Obstacle | None:
        labels = slot.node.labels
        if self._pod.ports and self._port_taken(slot):
            return Obstacle.APART
        for rule, change in self._shunned:
            if _count(rule.matching, change, labels.get(rule.topology_key)) > 0:
                return Obstacle.APART
        for rule, change in self._repelling:
            if _count(rule.carriers, change, labels.get(rule.topology_key)) > 0:
                return Obstacle.APART
        for spread, change, fewest, itself in self._spread:
            domain = labels.get(spread.rule.topology_key)
            if (
                domain is None
                or _count(spread.rule.matching, change, domain) + itself - fewest > spread.max_skew
            ):
                return Obstacle.SPREAD
        for rule, change in self._wanted:
            if not self._has_company(rule, change, labels):
                return Obstacle.TOGETHER
        return None

    def _port_taken(self, slot: Slot) -> bool:
        more = self._drain.ports.get(slot.node.name, ())
        return any(slot.ports[port] > 0 or port in more for port in self._pod.ports)

    def _has_company(self, rule: Rule, change: Counter[str], labels: dict[str, str]) -> bool:
        if rule.namespaces == frozenset():
            return True  # a wish that we cannot judge
        value = labels.get(rule.topology_key)
        if value is None:
            return False
        if _count(rule.matching, change, value) > 0:
            return True
        alone = not any(count + change.get(domain, 0) > 0 for domain, count in rule.matching.items())
        return alone and not any(by > 0 for by in change.values()) and rule.matches(self._pod)


def _counted(rule: Rule, moves: list[Move]) -> tuple[Rule, Counter[str]]:
    return rule, rule.moved(moves)


def _carried(rule: Rule, drain: _Drain) -> Counter[str]:
    """What the moves change about who carries this rule."""
    change: Counter[str] = Counter()
    for move in drain.moves:
        value = move.labels.get(rule.topology_key)
        if value is None:
            continue
        namespace = move.pod.pod.namespace
        if any(drain.board.rule(term, namespace) is rule for term in move.pod.anti_affinity):
            change[value] += move.sign
    return change


def _count(counts: Counter[str], change: Counter[str], domain: str | None) -> int:
    return 0 if domain is None else counts.get(domain, 0) + change.get(domain, 0)
