"""Which persistent volume which pod uses."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.check import Context
from seatrial.cluster.models import PersistentVolume, PersistentVolumeClaim, Pod


def bound_volumes(context: Context) -> Iterator[tuple[Pod, PersistentVolume]]:
    """Every volume of every pod that is neither finished nor on its way out."""
    volumes = {each.name: each for each in context.read(PersistentVolume)}
    if not volumes:
        return
    claims = {
        (each.namespace, each.name): volumes[each.spec.volume_name]
        for each in context.read(PersistentVolumeClaim)
        if each.spec.volume_name in volumes
    }
    for pod in context.read(Pod):
        if pod.is_finished or pod.is_terminating:
            continue
        for volume in pod.spec.volumes:
            claim = volume.persistent_volume_claim
            found = claims.get((pod.namespace, claim.claim_name)) if claim is not None else None
            if found is not None:
                yield pod, found
