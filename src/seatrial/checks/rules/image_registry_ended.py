"""An image comes from a place that is frozen, has moved, or is gone.

**What.** Pod templates whose image names a registry or an organisation that publishes there no more:
k8s.gcr.io, the old kubebuilder images, the versioned tags of Bitnami. A mirror under a name of your own
is not meant.

**Why.** An upgrade replaces nodes, and new nodes have no image cached: what ran for years has to be
pulled again, from where it can no longer be had. A frozen registry still answers, without any promise.

**How to fix.** Name the replacement in the manifest, or copy the image to a registry of your own. Pull it
from a fresh node before the upgrade.

**Source.** The announcements named in the finding; facts gathered on 2026-11-22.
"""

from __future__ import annotations

from seatrial.catalog.images import ImageMove, Moved, image_moves
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.images import Image, images_of
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.cluster.findings import Severity


@check(
    id="image-registry-ended",
    title="An image comes from a registry that ended",
    reads=READS,
    in_files=True,
)
def image_registry_ended(check: Check, context: Context) -> Found:
    found: dict[ImageMove, list[Template]] = {}
    names: dict[ImageMove, set[str]] = {}
    prefixes = tuple(each.prefix for each in image_moves())
    for template in pod_templates(context):
        for image in images_of(template):
            if not image.name.startswith(prefixes):
                continue
            move = next((each for each in image_moves() if _is_from(image, each)), None)
            if move is not None:
                found.setdefault(move, []).append(template)
                names.setdefault(move, set()).add(f"{image.name}:{image.tag}" if image.tag else image.name)
    for move, templates in found.items():
        shown = sorted(names[move])
        more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
        yield check.finding(
            Severity.INFO if move.state is Moved.FROZEN else Severity.WARNING,
            f"{move.prefix.rstrip('/')} {move.what} (since {move.since}):"
            f" {', '.join(shown[:3])}{more}. A node that has not cached an image must pull it.",
            objects=[template.ref for template in templates],
            owner=next((owner for template in templates if (owner := template.owner)), None),
            fix=f"Take the image from {move.replacement}, or from a copy in a registry of your own.",
            source=move.source,
        )


def _is_from(image: Image, move: ImageMove) -> bool:
    if not image.name.startswith(move.prefix):
        return False
    return move.state is not Moved.MOVED or image.tag not in ("", "latest")
