"""Whole upgrades in which others make the changes: actors like Terraform and Argo CD, over real Git."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.wiring.test_rollouts import Stage, on_stage, order

from seatrial.cluster.version import Version
from seatrial.fleet.resolve import Change, Ownership, ResolvedComponent, ResolvedTarget
from seatrial.plan import Handoff, UpgradeChart, read_plan
from seatrial.providers.simulated.faults import FaultPlan, ProviderFault
from seatrial.rollout.events import Outcome
from seatrial.rollout_runs.orders import ClusterResult, ClusterWaits
from seatrial.rollout_runs.upgrades import ClusterUpgrades
from seatrial.simulator.store import ResourceKey
from seatrial.store import StreamKind
from seatrial.wiring.rollouts import LiveClusters

CRDS = ResourceKey("apiextensions.k8s.io", "customresourcedefinitions")
APPLICATIONS = ResourceKey("argoproj.io", "applications")
TFVARS, APP = "blue.tfvars.json", "apps/web.yaml"


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def infra(tmp_path: Path) -> Path:
    path = tmp_path / "infra"
    (path / "apps").mkdir(parents=True)
    (path / TFVARS).write_text('{"cluster_version": "1.35"}\n')
    (path / APP).write_text("spec:\n  source:\n    targetRevision: 1.0.0  # by hand\n")
    git(tmp_path, "init", "-q", "-b", "main", str(path))
    git(path, "config", "user.name", "Ann")
    git(path, "config", "user.email", "ann@example.com")
    git(path, "add", ".")
    git(path, "commit", "-qm", "Begin")
    return path


def merge_ours(repository: Path) -> None:
    """A person merges whatever branch of ours is open."""
    for branch in git(repository, "branch", "--format=%(refname:short)", "--list", "seatrial/*").split():
        git(repository, "merge", "-q", "--no-edit", branch)


def target(**changes: Any) -> ResolvedTarget:
    fields: dict[str, Any] = {
        "cluster": "blue",
        "context": "blue",
        "provider": "simulated",
        "release": "spring",
        "kubernetes": "1.36",
    }
    return ResolvedTarget(**{**fields, **changes})


def handed(repository: Path, by: str, file: str, variable: str) -> Ownership:
    change = Change(write="branch", repository=str(repository), file=file, variable=variable)
    return Ownership(how="handoff", by=by, change=change)


def upgrades_of(stage: Stage, tmp_path: Path) -> ClusterUpgrades:
    clusters = LiveClusters(
        tmp_path / "kubeconfig",
        stage.clock,
        {},
        tmp_path,
        stage.upgrades.store,
        handoffs=tmp_path / "handoffs",
    )
    return ClusterUpgrades(stage.upgrades.store, stage.clock, "test", clusters, clusters.lease)


async def to_its_end(stage: Stage, upgrades: ClusterUpgrades, wanted: ResolvedTarget) -> ClusterResult:
    """As a rollout does: look while it waits, go on when it can."""
    while True:
        end = await upgrades(order(target=wanted))
        if isinstance(end, ClusterResult):
            return end
        assert isinstance(end, ClusterWaits), end
        while not await upgrades.look(order(target=wanted)):
            await stage.clock.sleep(300)


def test_terraform_makes_the_change_that_we_commit_and_the_run_goes_on(tmp_path: Path) -> None:
    repository = infra(tmp_path)
    wanted = target(control_plane=handed(repository, "terraform", TFVARS, "cluster_version"))

    async def story(stage: Stage) -> None:
        async def terraform() -> None:
            """Applies what main says, as a pipeline would; the merge comes after three hours."""
            await stage.clock.sleep(3 * 3600)
            merge_ours(repository)
            wants = json.loads((repository / TFVARS).read_text())["cluster_version"]
            newest = max(v for v in await stage.provider.available_versions() if str(v.line) == wants)
            await stage.provider.start_control_plane_upgrade(newest, token="terraform")

        actor = asyncio.ensure_future(terraform())
        upgrades = upgrades_of(stage, tmp_path)
        first = await upgrades(order(target=wanted))
        assert isinstance(first, ClusterWaits)
        assert first.owner == "terraform"
        assert first.what.startswith("merge and apply branch seatrial/r-1-blue-1-1/control-plane of ")
        assert stage.provider.starts == []
        result = await to_its_end(stage, upgrades, wanted)
        await actor
        assert result.outcome is Outcome.SUCCEEDED, result
        assert [what for what, _ in stage.provider.starts] == ["control-plane", "node-group/default"]
        assert git(repository, "rev-list", "--count", "main") in ("2", "3")

    on_stage(tmp_path, story)


def test_a_change_that_terraform_made_before_us_is_already_done(tmp_path: Path) -> None:
    repository = infra(tmp_path)
    wanted = target(control_plane=handed(repository, "terraform", TFVARS, "cluster_version"))

    async def story(stage: Stage) -> None:
        upgrades = upgrades_of(stage, tmp_path)
        assert isinstance(await upgrades(order(target=wanted)), ClusterWaits)
        newest = max(v for v in await stage.provider.available_versions() if v.line == Version(1, 36).line)
        await stage.provider.start_control_plane_upgrade(newest, token="by hand")
        await stage.clock.sleep(3600)
        assert (await to_its_end(stage, upgrades, wanted)).outcome is Outcome.SUCCEEDED

    on_stage(tmp_path, story)


def test_a_quota_is_waited_for_as_long_as_it_takes(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        fault = ProviderFault(
            target="node-group/default", detail="the quota of vCPUs is used up", times=3, refuse_start=True
        )
        stage.provider._faults = FaultPlan([fault])
        upgrades = upgrades_of(stage, tmp_path)
        first = await upgrades(order())
        assert isinstance(first, ClusterWaits)
        assert first.owner == "whoever owns the account"
        assert "quota of vCPUs" in first.what
        await stage.clock.sleep(3 * 86_400)
        assert (await to_its_end(stage, upgrades, target())).outcome is Outcome.SUCCEEDED

    on_stage(tmp_path, story)


def argo_manages_web(stage: Stage) -> None:
    verbs = stage.cluster.verbs
    verbs.create(
        CRDS,
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "applications.argoproj.io"},
            "spec": {
                "group": "argoproj.io",
                "scope": "Namespaced",
                "names": {"plural": "applications", "singular": "application", "kind": "Application"},
                "versions": [
                    {
                        "name": "v1alpha1",
                        "served": True,
                        "storage": True,
                        "schema": {
                            "openAPIV3Schema": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                            }
                        },
                    }
                ],
            },
        },
    )


def application(version: str) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "source": {"chart": "web", "targetRevision": version},
            "destination": {"namespace": "default"},
        },
        "status": {"sync": {"status": "Synced", "revision": version}},
    }


def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "web-2"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 2.0.0\n")
    return folder


def test_an_application_of_argo_cd_is_recognised_and_gets_its_change_by_git(tmp_path: Path) -> None:
    repository, folder = infra(tmp_path), chart(tmp_path)
    declared = ResolvedComponent(
        name="web",
        namespace="default",
        release="web",
        chart=str(folder),
        owner=handed(repository, "argo-cd/web", APP, "spec.source.targetRevision"),
    )
    silent = ResolvedComponent(name="web", namespace="default", release="web", chart=str(folder))
    insisting = ResolvedComponent(
        name="web", namespace="default", release="web", chart=str(folder), owner=Ownership(declared=True)
    )

    async def story(stage: Stage) -> None:
        argo_manages_web(stage)
        await stage.clock.sleep(30)
        stage.cluster.verbs.create(APPLICATIONS, application("1.0.0"))
        stage.deploy("web")
        await stage.clock.sleep(60)
        upgrades = upgrades_of(stage, tmp_path)

        found = await upgrades.preparer.plan(order(target=target(components=(silent,))))
        step = next(each for each in found.steps if isinstance(each.action, UpgradeChart))  # type: ignore[union-attr]
        assert (step.ownership.value, step.owner) == ("handoff", "argo-cd/web")
        assert step.title == "upgrade chart web 1.0.0 → 2.0.0"
        differs = await upgrades.preparer.plan(order(target=target(components=(insisting,))))
        warned = [each.message for each in differs.findings if each.check == "owner-differs"]  # type: ignore[union-attr]
        assert warned
        assert warned[0].startswith("argo-cd/web applies chart web, while the fleet file declares it direct")

        async def argo_cd() -> None:
            """Syncs the Application once main names another version."""
            await stage.clock.sleep(7200)
            merge_ours(repository)
            assert "targetRevision: 2.0.0  # by hand" in (repository / APP).read_text()
            live = stage.cluster.verbs.get(APPLICATIONS, "default", "web")
            stage.cluster.verbs.update(APPLICATIONS, {**application("2.0.0"), "metadata": live["metadata"]})

        actor = asyncio.ensure_future(argo_cd())
        result = await to_its_end(stage, upgrades, target(components=(declared,)))
        await actor
        assert result.outcome is Outcome.SUCCEEDED, result
        runs = await stage.upgrades.store.streams(kind=StreamKind.CLUSTER_RUN)
        plan = read_plan(await stage.upgrades.store.plan(runs[-1].plan_digest))
        handoff = plan.step("chart/web/upgrade").handoff
        assert isinstance(handoff, Handoff)
        assert handoff.value == "2.0.0"

    on_stage(tmp_path, story)
