"""Argo CD or Flux syncs objects from Git in versions that the target does not serve.

**What.** What each Argo CD Application reports of its resources and each Flux Kustomization of its
inventory: both name the version that Git holds. Also the health checks that a Kustomization waits for, and
Applications whose sources are rendered for a pinned cluster version that is older than the target.

**Why.** After the upgrade the sync fails with "no matches for kind", not only for that object: Argo CD can no
longer compare the whole Application, Flux no longer applies the whole Kustomization. Nothing in Git looks
wrong, and what should be deployed next is not. A pinned version makes charts go on rendering the old.

**How to fix.** Change the manifests in Git, or move to a chart version that renders the replacement, before
the upgrade, and let it sync once.

**Source.** Argo CD's API (Application `status.resources`, `spec.source.helm.kubeVersion`), Flux's API
(Kustomization `status.inventory`, `spec.healthChecks`); Seatrial's facts (`seatrial facts api`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.removed_apis import is_gone, source_of, what_happened, what_instead
from seatrial.checks.wording import qualified
from seatrial.cluster.findings import Evidence, Finding, Severity
from seatrial.cluster.models import Application, Kustomization
from seatrial.cluster.objects import GroupVersionKind, ObjectRef
from seatrial.cluster.ownership import Owner, OwnerKind
from seatrial.cluster.version import Minor
from seatrial.errors import BadInput


@check(
    id="git-sync-names-dead-api",
    title="A sync from Git uses an API that the target does not serve",
    reads=(Application, Kustomization),
    uses_facts=True,
    in_files=True,
)
def git_sync_names_dead_api(check: Check, context: Context) -> Found:
    for application in context.read(Application):
        owner = Owner(OwnerKind.ARGO_CD, application.name, application.namespace)
        yield from _findings(check, context, owner, application.applied, "applies")
        yield from _pinned(check, context, owner, application)
    for kustomization in context.read(Kustomization):
        owner = Owner(
            OwnerKind.FLUX, f"Kustomization {qualified(kustomization.namespace, kustomization.name)}"
        )
        yield from _findings(check, context, owner, kustomization.applied, "applies")
        yield from _findings(check, context, owner, kustomization.waited_for, "waits for the health of")


def _findings(
    check: Check, context: Context, owner: Owner, refs: Iterable[ObjectRef], does: str
) -> Iterator[Finding]:
    gone: dict[GroupVersionKind, list[ObjectRef]] = {}
    for ref in refs:
        gvk = GroupVersionKind.of(ref.api_version, ref.kind)
        if gvk.version and is_gone(context, gvk):
            gone.setdefault(gvk, []).append(ref)
    for gvk, found in gone.items():
        many = str(found[0]) if len(found) == 1 else f"{len(found)} objects"
        yield check.finding(
            Severity.WARNING,
            f"{owner} {does} {many} as {gvk}; {what_happened(context, gvk)}.",
            objects=found,
            evidence=Evidence.WILL_BE_APPLIED_AGAIN,
            owner=owner,
            fix=f"In Git: {what_instead(context, gvk)}",
            source=source_of(context, context.apis.lifecycle(gvk)),
        )


def _pinned(check: Check, context: Context, owner: Owner, application: Application) -> Iterator[Finding]:
    for text in sorted(set(application.pinned_versions)):
        try:
            pinned = Minor.parse(text)
        except BadInput:
            continue
        if pinned < context.target:
            yield check.finding(
                Severity.WARNING,
                f"{owner} renders its manifests for Kubernetes {text}, whatever the cluster runs: charts go"
                f" on choosing the APIs of {pinned}.",
                title="A sync from Git renders for an older Kubernetes",
                objects=[application.ref],
                evidence=Evidence.WILL_BE_APPLIED_AGAIN,
                owner=owner,
                fix=f"Remove kubeVersion from the Application, or set {context.target} with the upgrade.",
                source="Application spec.source.helm.kubeVersion or spec.source.kustomize.kubeVersion",
            )
