"""A component runs here that nobody maintains any more.

**What.** Pod templates with an image of a project that has ended, such as the controller of
ingress-nginx, whatever registry or mirror the image comes from.

**Why.** It goes on working, and no new minor of Kubernetes is tested with it any more; nor does anybody
mend its next security hole. An edge that takes the whole traffic is the worst place for that.

**How to fix.** Plan the move to what replaces it before this upgrade or the next one, and keep the
component away from clusters that do not have it yet.

**Source.** The project's own announcement, named in the finding.
"""

from __future__ import annotations

from seatrial.catalog.images import RetiredComponent, retired_components
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.images import images_of
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Severity


@check(
    id="component-retired",
    title="A component has been retired by its project",
    reads=READS,
    in_files=True,
)
def component_retired(check: Check, context: Context) -> Found:
    found: dict[RetiredComponent, list[Template]] = {}
    ends = tuple(end for component in retired_components() for end in component.images)
    for template in pod_templates(context):
        if not any(image.repository.endswith(ends) for image in images_of(template)):
            continue
        for component in retired_components():
            if _runs(template, component):
                found.setdefault(component, []).append(template)
    for component, templates in found.items():
        tags = {
            image.tag or "no tag"
            for template in templates
            for image in images_of(template)
            if any(image.is_build_of(end) for end in component.images)
        }
        yield check.finding(
            Severity.WARNING,
            f"{component.name} was retired on {component.retired}: since then nobody mends it."
            f" It runs in {counted(len(templates), 'workload')} ({', '.join(sorted(tags))}).",
            objects=[template.ref for template in templates],
            owner=next((owner for template in templates if (owner := template.owner)), None),
            fix=f"Move to {component.replacement}.",
            source=component.source,
        )


def _runs(template: Template, component: RetiredComponent) -> bool:
    return any(image.is_build_of(end) for image in images_of(template) for end in component.images)
