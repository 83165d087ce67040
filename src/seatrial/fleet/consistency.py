"""What a fleet file says that cannot all be true: names, versions, selectors and paths that do not meet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from seatrial.catalog import releases
from seatrial.cluster.version import Version
from seatrial.errors import SeatrialError
from seatrial.fleet.model import Fleet, StrategySpec
from seatrial.fleet.problems import Path, Problem, did_you_mean
from seatrial.fleet.stages import assign, in_scope, selects
from seatrial.fleet.windows import has_common_time


def inconsistencies(fleet: Fleet, is_there: Callable[[str], bool]) -> Iterator[Problem]:
    """Every problem, without lines (0); `is_there` says whether a path that the file names exists."""
    yield from _duplicates("clusters", fleet.clusters)
    yield from _duplicates("stack", fleet.stack)
    yield from _duplicates("releases", fleet.releases)
    yield from _duplicates("strategies", fleet.strategies)
    yield from _versions(fleet)
    yield from _components(fleet)
    yield from _shared_releases(fleet)
    yield from _paths(fleet, is_there)
    for index, strategy in enumerate(fleet.strategies):
        yield from _stages(fleet, strategy, ("strategies", index))
        yield from _windows(fleet, strategy, ("strategies", index))


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _duplicates(where: str, items: Sequence[_Named], prefix: Path = ()) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if item.name in first:
            path = (*prefix, where, index, "name")
            yield Problem(0, path, f"{item.name!r} is also the name of {where}[{first[item.name]}]")
        first.setdefault(item.name, index)


def _versions(fleet: Fleet) -> Iterator[Problem]:
    written: list[tuple[Path, str]] = [
        (("clusters", index, "version"), cluster.version) for index, cluster in enumerate(fleet.clusters)
    ]
    written += [
        (("releases", index, "kubernetes"), release.kubernetes)
        for index, release in enumerate(fleet.releases)
    ]
    for path, text in written:
        try:
            releases().of(Version.parse(text).line)
        except SeatrialError as error:
            yield Problem(0, path, str(error))


def _components(fleet: Fleet) -> Iterator[Problem]:
    known = [component.name for component in fleet.stack]
    named: list[tuple[Path, Iterable[str]]] = []
    for index, release in enumerate(fleet.releases):
        named.append((("releases", index, "charts"), release.charts))
        named.append((("releases", index, "values"), release.values))
    for index, cluster in enumerate(fleet.clusters):
        named.append((("clusters", index, "values"), cluster.values))
        named.append((("clusters", index, "owners", "byComponent"), cluster.owners.by_component))
    for path, names in named:
        for name in names:
            if name not in known:
                yield Problem(
                    0, (*path, name), f"the stack has no component {name!r}{did_you_mean(name, known)}"
                )


def _shared_releases(fleet: Fleet) -> Iterator[Problem]:
    first: dict[tuple[str, str], str] = {}
    for index, component in enumerate(fleet.stack):
        release = (component.namespace, component.release or component.name)
        if release in first and first[release] != component.name:
            yield Problem(
                0,
                ("stack", index, "release"),
                f"{first[release]!r} already is the Helm release {release[1]!r} in namespace {release[0]!r}",
            )
        first.setdefault(release, component.name)


def _paths(fleet: Fleet, is_there: Callable[[str], bool]) -> Iterator[Problem]:
    written: list[tuple[Path, str]] = []
    for index, component in enumerate(fleet.stack):
        written.append((("stack", index, "chart"), component.chart))
        written += [(("stack", index, "values", at), path) for at, path in enumerate(component.values)]
    for index, release in enumerate(fleet.releases):
        written += [(("releases", index, "charts", name), path) for name, path in release.charts.items()]
        for name, paths in release.values.items():
            written += [(("releases", index, "values", name, at), path) for at, path in enumerate(paths)]
    for index, cluster in enumerate(fleet.clusters):
        for name, paths in cluster.values.items():
            written += [(("clusters", index, "values", name, at), path) for at, path in enumerate(paths)]
    for where, path in written:
        if not is_there(path):
            kind = "values file" if "values" in where else "chart"
            yield Problem(0, where, f"there is no {kind} at {path}, counted from the fleet file's folder")


def _stages(fleet: Fleet, strategy: StrategySpec, where: Path) -> Iterator[Problem]:
    yield from _duplicates("stages", strategy.stages, where)
    scope = in_scope(fleet.clusters, strategy)
    if not scope:
        yield Problem(0, (*where, "scope"), f"strategy {strategy.name!r} selects no cluster at all")
        return
    assigned = assign(scope, strategy.stages)
    for index, stage in enumerate(strategy.stages):
        if assigned.of(stage.name):
            continue
        matched = [cluster.name for cluster in scope if selects(stage.selector, cluster)]
        path = (*where, "stages", index, "selector")
        if not matched:
            yield Problem(
                0, path, f"stage {stage.name!r} selects no cluster{_known_values(fleet, index, strategy)}"
            )
        else:
            yield Problem(
                0,
                path,
                f"stage {stage.name!r} is left without clusters: earlier stages have {_some(matched)}",
            )
    if assigned.left:
        yield Problem(
            0,
            (*where, "stages"),
            f"no stage of strategy {strategy.name!r} selects {_some(assigned.left)};"
            " add a stage for them, or leave them out with the strategy's scope",
        )


def _windows(fleet: Fleet, strategy: StrategySpec, where: Path) -> Iterator[Problem]:
    """Stages whose windows never meet those of a cluster of theirs."""
    assigned = assign(in_scope(fleet.clusters, strategy), strategy.stages)
    own = {cluster.name: cluster.maintenance for cluster in fleet.clusters}
    for index, stage in enumerate(strategy.stages):
        if stage.maintenance is None:
            continue
        of_stage = stage.maintenance
        never = {
            spec: not has_common_time(of_stage.value, spec.value)
            for spec in {own[name] for name in assigned.of(stage.name)}
            if spec is not None
        }
        apart = [name for name in assigned.of(stage.name) if (spec := own[name]) and never[spec]]
        if apart:
            yield Problem(
                0,
                (*where, "stages", index, "maintenance"),
                f"stage {stage.name!r} has no time in common with {_some(apart)}, which could never start",
            )


def _known_values(fleet: Fleet, index: int, strategy: StrategySpec) -> str:
    """Which values clusters really carry for the first label that fits nothing."""
    for label, wanted in strategy.stages[index].selector.items():
        found = sorted({value for c in fleet.clusters if (value := c.selectable.get(label))})
        choices = (wanted,) if isinstance(wanted, str) else wanted
        if not found:
            labels = sorted({name for c in fleet.clusters for name in c.selectable})
            return f": none has a label {label!r}{did_you_mean(label, labels)}"
        if not set(choices) & set(found):
            return f": {label!r} is {', '.join(found)} on the clusters"
    return ": no cluster carries all these labels"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:10])
    return shown + (f" and {len(names) - 10} more" if len(names) > 10 else "")
