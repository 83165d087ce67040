"""An add-on runs in a version that its project does not support on the target.

**What.** Well-known add-ons, recognised by their image whatever the registry, whose version is outside
what the project publishes for the target: cert-manager, Istio, Linkerd, KEDA, Calico, Cilium,
ExternalDNS, Kyverno, Argo CD, metrics-server, Rook, NVIDIA's GPU Operator. An image without a version in its
tag counts by the label `app.kubernetes.io/version`. A version older than all that the facts know goes no
further up than the oldest of those; others that they do not mention are passed over. Autoscalers have a check
of their own.

**Why.** An add-on in the way of every pod (network, mesh, certificates, scaling) that stops working takes
more down than any application does, and nobody upstream will look at it in a combination that they do
not support.

**How to fix.** Upgrade the add-on before the cluster, to a version that covers both the present minor and
the target.

**Source.** Each project's own page, named in the finding; facts gathered on 2026-11-22.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from seatrial.catalog.compatibility import (
    Compatibility,
    Outside,
    newer_that_covers,
    oldest_after,
    rows_of,
)
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.images import images_of
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.cluster.constraints import SemVer
from seatrial.cluster.findings import Finding, Severity

_VERSION = re.compile(r"^(?:stable-)?v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?![\d.])")
_VERSION_LABEL = "app.kubernetes.io/version"
_Seen = tuple[Compatibility, SemVer]


@check(
    id="addon-incompatible",
    title="An add-on does not support the target",
    reads=READS,
    uses_facts=True,
    in_files=True,
)
def addon_incompatible(check: Check, context: Context) -> Found:
    found: dict[_Seen, list[Template]] = {}
    for template in pod_templates(context):
        for seen in _recognised(template):
            if not seen[0].covers(context.target):
                found.setdefault(seen, []).append(template)
    for (row, version), templates in found.items():
        yield _finding(check, context, row, version, templates)


def _recognised(template: Template) -> set[_Seen]:
    """Rows that speak of what its containers run, each with the version."""
    found: set[_Seen] = set()
    for image in images_of(template):
        rows = rows_of(image.repository)
        version = _version(image.tag) or _version(_labelled(template)) if rows else None
        if version is not None:
            found.update((row, version) for row in rows if row.speaks_of(version))
            later = oldest_after(rows, version)
            if later is not None and later.newest is not None:
                found.add((replace(later, oldest=None), version))
    return found


def _labelled(template: Template) -> str:
    said = template.metadata.labels.get(_VERSION_LABEL)
    return template.workload.labels.get(_VERSION_LABEL, "") if said is None else said


def _version(text: str) -> SemVer | None:
    read = _VERSION.match(text)
    return None if read is None else SemVer(int(read[1]), int(read[2]), int(read[3]))


def _finding(
    check: Check, context: Context, row: Compatibility, version: SemVer, templates: list[Template]
) -> Finding:
    wanted = newer_that_covers(row.component, context.target)
    present = context.snapshot.meta.minor  # of files: the target
    already = present != context.target and not row.covers(present)
    now = " So it is on the present minor." if already else ""
    return check.finding(
        Severity.WARNING if row.outside is Outside.UNSUPPORTED else Severity.INFO,
        f"{row.component} {version} is{_known_by(row, version)} for Kubernetes {row.range}; on"
        f" {context.target} its project calls it {row.outside.value}.{now}",
        objects=[template.ref for template in templates],
        owner=next((owner for template in templates if (owner := template.owner)), None),
        fix=f"Upgrade it to {wanted} before the cluster."
        if wanted
        else f"No version that we know of lists Kubernetes {context.target} yet: ask its project first.",
        source=row.source,
    )


def _known_by(row: Compatibility, version: SemVer) -> str:
    return "" if row.speaks_of(version) else f" older than {row.first}, which is"
