"""What a trial has to show in the end, read from the clusters, their providers and the journals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.reliability.world import COMPONENTS, DEPLOYMENTS, NAMESPACE, Site, World

from seatrial.cluster.helm_release import RECORD_SELECTOR, read_releases
from seatrial.cluster.release_state import Deployed, release_state
from seatrial.cluster_runs import read_journal
from seatrial.plan import Outcome, RunFinished, RunStarted, StepFinished, StepIntended, read_plan
from seatrial.simulator.store import ResourceKey
from seatrial.store import Store, StreamKind

_SECRETS = ResourceKey("", "secrets")
_COMPARED = (
    ResourceKey("apps", "deployments"),
    ResourceKey("apps", "daemonsets"),
    ResourceKey("apps", "statefulsets"),
    ResourceKey("batch", "cronjobs"),
    ResourceKey("batch", "jobs"),
    ResourceKey("policy", "poddisruptionbudgets"),
    ResourceKey("", "services"),
    ResourceKey("", "serviceaccounts"),
    ResourceKey("", "configmaps"),
    ResourceKey("", "nodes"),
    ResourceKey("rbac.authorization.k8s.io", "clusterroles"),
    ResourceKey("rbac.authorization.k8s.io", "clusterrolebindings"),
    ResourceKey("apiextensions.k8s.io", "customresourcedefinitions"),
)
_PASSING = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "annotations")


@dataclass
class Verdict:
    """Each list holds sentences; all empty is what we promise."""

    unfinished: list[str] = field(default_factory=list)
    doubled_starts: list[str] = field(default_factory=list)
    lost_steps: list[str] = field(default_factory=list)
    pending_releases: list[str] = field(default_factory=list)
    holds_left: list[str] = field(default_factory=list)
    other_end_state: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [f"{kind}: {each}" for kind in self.__dataclass_fields__ for each in getattr(self, kind)]


async def judge(world: World, store: Store, expected: dict[str, Any] | None) -> Verdict:
    """`expected` is the end state of an undisturbed trial."""
    verdict = Verdict()
    for name, site in world.sites.items():
        for target, count in Counter(target for target, _ in site.provider.starts).items():
            if count > 1:
                verdict.doubled_starts.append(f"{name}: {target} was started {count} times")
        verdict.holds_left += [f"{name}: {each}" for each in _holds(site)]
        if world.charts:
            verdict.pending_releases += [f"{name}: {each}" for each in _releases(site)]
    verdict.lost_steps += [each async for each in _lost(world, store)]
    if expected is not None:
        found = end_state(world)
        for key in sorted(expected.keys() | found.keys()):
            if expected.get(key) != found.get(key):
                verdict.other_end_state.append(f"{key}: {found.get(key)} instead of {expected.get(key)}")
    return verdict


def end_state(world: World) -> dict[str, Any]:
    """What the upgrade leaves behind in the clusters, without what differs from one run to the next."""
    found: dict[str, Any] = {}
    for name, site in world.sites.items():
        found[f"{name} control plane"] = str(site.cluster.version)
        for key in _COMPARED:
            for obj in site.cluster.store.list(key):
                meta = obj["metadata"]
                if any(owner["kind"] == "CronJob" for owner in meta.get("ownerReferences") or ()):
                    continue  # its time had come, which is no work of ours
                place = f"{name} {key} {meta.get('namespace', '')}/{meta['name']}"
                found[place] = json.dumps(_lasting(obj, key), sort_keys=True)
    return found


def _lasting(obj: dict[str, Any], key: ResourceKey) -> dict[str, Any]:
    meta = {name: value for name, value in obj["metadata"].items() if name not in _PASSING}
    rest = {name: value for name, value in obj.items() if name not in ("metadata", "status")}
    if key.resource == "nodes":
        rest["kubelet"] = obj["status"]["nodeInfo"]["kubeletVersion"]
    for owner in meta.get("ownerReferences") or ():
        owner.pop("uid", None)
    return {"metadata": meta, **rest}


def _holds(site: Site) -> Iterator[str]:
    for name, namespace, replicas in (("ca", "kube-system", 1), ("till", "default", 2)):
        found = site.cluster.store.get(DEPLOYMENTS, namespace, name)
        if found is None or found["spec"]["replicas"] != replicas:
            yield f"{name} has {found and found['spec']['replicas']} replicas"


def _releases(site: Site) -> Iterator[str]:
    for name, (_, to) in COMPONENTS.items():
        secrets = site.cluster.verbs.list(_SECRETS, labels=f"{RECORD_SELECTOR},name={name}")
        records, _ = read_releases([each for each in secrets if each["metadata"]["namespace"] == NAMESPACE])
        # a revision that died stays "pending" in Helm's history for ever; the latest one says what is
        state = release_state(list(records))
        if not isinstance(state, Deployed) or state.version != to:
            yield f"{name} is {state}"


async def _lost(world: World, store: Store) -> Any:
    for name in world.sites:
        runs = await store.streams(kind=StreamKind.CLUSTER_RUN, subject=name)
        if len(runs) != 1:
            yield f"{name}: {len(runs)} runs"
        for run in runs:
            plan = read_plan(await store.plan(run.plan_digest))
            events = await read_journal(store, run.id)
            ended = Counter((each.step, each.attempt) for each in events if isinstance(each, StepFinished))
            begun = Counter((each.step, each.attempt) for each in events if isinstance(each, StepIntended))
            well = {
                each.step
                for each in events
                if isinstance(each, StepFinished) and each.outcome is not Outcome.FAILED
            }
            failed = [
                f"{each.step} failed: {each.detail}"
                for each in events
                if isinstance(each, StepFinished) and each.outcome is Outcome.FAILED
            ]
            for each in failed:
                yield f"{name}: {each}"
            for step in plan.steps:
                if step.id not in well and step.action.__class__.__name__ != "RollBackChart":
                    yield f"{name}: {step.id} did not succeed"
            if begun != ended or any(count > 1 for count in begun.values()):
                yield f"{name}: begun and ended differ: {begun - ended} {ended - begun}"
            for kind in (RunStarted, RunFinished):
                if sum(isinstance(each, kind) for each in events) != 1:
                    yield f"{name}: not exactly one {kind.__name__}"
