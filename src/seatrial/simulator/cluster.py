"""One simulated cluster: its store, its API surface, its verbs, its controllers and its clock."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from seatrial.clock import SimulatedClock
from seatrial.cluster.objects import Obj
from seatrial.cluster.version import Minor, Version
from seatrial.simulator.bootstrap import bootstrap
from seatrial.simulator.hooks import Controller, Faults, NoFaults
from seatrial.simulator.store import ObjectStore
from seatrial.simulator.surface import Surface
from seatrial.simulator.verbs import Verbs

ControllerFactory = Callable[["SimulatedCluster"], Controller]
AdmitEviction = Callable[["SimulatedCluster", Obj], None]
"""Given a pod: return when it may be evicted now, else raise `ApiError` 429 (and account for it)."""


def admit_always(cluster: SimulatedCluster, pod: Obj) -> None:
    """No disruption budgets: what a cluster composed without `simulator.eviction` does."""


class SimulatedCluster:
    """Compose with `simulator.default.default_cluster` to get the usual controllers.

    Names and uids that it generates follow from `seed` (`name` when empty), so that two runs give the
    same ones. A copy of another cluster needs a seed of its own: else new objects get uids of old ones.
    """

    def __init__(
        self,
        name: str,
        minor: Minor,
        clock: SimulatedClock,
        *,
        controllers: Iterable[ControllerFactory] = (),
        faults: Faults | None = None,
        admit_eviction: AdmitEviction = admit_always,
        all_apis: bool = False,
        seed: str = "",
    ) -> None:
        self.name = name
        self.clock = clock
        self.store = ObjectStore()
        self.surface = Surface(minor, all_apis=all_apis)
        self.version = Version(*minor)
        """The API server's own, patch included, as /version says it."""
        self.uid = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"seatrial.{seed or name}"))
        self.faults: Faults = faults or NoFaults()
        self.verbs = Verbs(
            self.store,
            clock,
            lambda: self.surface,
            seed=self.uid,
            admit_eviction=lambda pod: admit_eviction(self, pod),
        )
        self._on_restart: dict[int, Callable[[], None]] = {}
        self._restarts = 0
        self.controllers: list[Controller] = [make(self) for make in controllers]

    @property
    def minor(self) -> Minor:
        """The control plane's minor; each kubelet has its own, in its Node."""
        return self.surface.minor

    def start(self) -> None:
        """Make what an API server makes by itself, then start the controllers."""
        bootstrap(self.verbs)
        for controller in self.controllers:
            controller.start()

    def stop(self) -> None:
        for controller in reversed(self.controllers):
            controller.stop()
        self._restart()

    def set_minor(self, minor: Minor) -> None:
        """Upgrade the control plane to the first release of a minor."""
        self.set_version(Version(*minor))

    def set_version(self, version: Version) -> None:
        """Upgrade the control plane: another surface, and watches are cut as by a restart."""
        self.version = version
        if version.line != self.minor:
            self.surface = Surface(version.line, all_apis=self.surface.all_apis)
            self.verbs.reload_definitions()
        self._restart()

    def on_restart(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` when the API server goes away (watches end); returns what forgets it."""
        self._restarts += 1
        number = self._restarts
        self._on_restart[number] = callback
        return lambda: self._on_restart.pop(number, None) and None

    def _restart(self) -> None:
        for callback in tuple(self._on_restart.values()):
            callback()
