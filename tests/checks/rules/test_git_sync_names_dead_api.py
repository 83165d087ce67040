"""What Argo CD and Flux would apply again."""

from typing import Any

from tests.builders import a_snapshot, an_object, not_served
from tests.checks.corpus import Case, run

from seatrial.cluster.models import Application, Kustomization
from seatrial.cluster.objects import Obj

CHECK = "git-sync-names-dead-api"


def an_application(version: str, *, source: dict[str, Any] | None = None) -> Obj:
    resource = {"group": "networking.k8s.io", "version": version, "kind": "IPAddress", "name": "10.0.0.1"}
    return an_object(
        "argoproj.io/v1alpha1",
        "Application",
        "infra",
        "argocd",
        spec={"source": source or {"repoURL": "https://git.example.org/infra"}},
        status={
            "resources": [resource, {"version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "a"}]
        },
    )


def a_kustomization(version: str, check: str = "apps/v1") -> Obj:
    entries = [
        {"id": "_10.0.0.1_networking.k8s.io_IPAddress", "v": version},
        {"id": "shop_web__Service", "v": "v1"},
    ]
    health = [{"apiVersion": check, "kind": "Deployment", "namespace": "shop", "name": "web"}]
    return an_object(
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        "infra",
        "flux-system",
        spec={"healthChecks": health},
        status={"inventory": {"entries": entries}},
    )


def a_case(name: str, expected: tuple[str, ...], *objects: Obj) -> Case:
    return Case(check=CHECK, name=name, severities=expected, snapshot=a_snapshot(*objects))


CASES = (
    Case(
        check=CHECK,
        name="a file that pins the version to render for",
        severities=("warning",),
        files="apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: infra}\n"
        'spec: {source: {helm: {kubeVersion: "1.33"}}}\n',
    ),
    a_case("an Application with a version that goes", ("warning",), an_application("v1beta1")),
    a_case("a Kustomization with a version that goes", ("warning",), a_kustomization("v1beta1")),
    a_case(
        "a health check of a version that is gone", ("warning",), a_kustomization("v1", "extensions/v1beta1")
    ),
    a_case(
        "a source that is rendered for an older minor",
        ("warning",),
        an_application("v1", source={"helm": {"kubeVersion": "1.33.0", "values": "password: x"}}),
    ),
    a_case("versions that stay", (), an_application("v1"), a_kustomization("v1")),
    a_case(
        "a source that is rendered for the target",
        (),
        an_application("v1", source={"helm": {"kubeVersion": "1.37"}}),
    ),
    Case(
        check=CHECK,
        name="a cluster without Argo CD and Flux",
        severities=(),
        snapshot=a_snapshot(unread=[not_served(Application), not_served(Kustomization)]),
    ),
)


def test_finding_names_the_sync_the_object_and_the_successor() -> None:
    (argo,) = run(CASES[1]).findings
    assert argo.message == (
        "Argo CD application argocd/infra applies ipaddress/10.0.0.1 as networking.k8s.io/v1beta1 IPAddress;"
        " networking.k8s.io/v1beta1 IPAddress is gone since Kubernetes 1.37."
    )
    (flux,) = run(CASES[2]).findings
    assert str(flux.owner) == "Flux Kustomization flux-system/infra"
    assert [str(each) for each in flux.objects] == ["ipaddress/10.0.0.1"]
    assert "networking.k8s.io/v1 IPAddress" in flux.fix
