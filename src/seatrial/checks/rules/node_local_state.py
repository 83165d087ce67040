"""Pods that keep something on their node.

**What.** Templates that write to a directory of the host, and StatefulSets without any claim that keep what
looks like data in an emptyDir. DaemonSets (they belong to the node), sockets, devices, read-only mounts and
the namespaces that Kubernetes and the provider keep to themselves are left out.

**Why.** A drained pod comes back on another node, and a replaced node has an empty disk: what was written
there is gone. An emptyDir is deleted with its pod.

**How to fix.** Use a persistent volume, or keep the state outside the cluster. If it is only a cache, nothing
is to be done.

**Source.** kubernetes.io/docs/concepts/storage/volumes (hostPath, emptyDir).
"""

from __future__ import annotations

from seatrial.catalog.providers import is_system_namespace
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import named, within
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import StatefulSet
from seatrial.cluster.ownership import Owner

_NO_DIRECTORY = ("Socket", "File", "FileOrCreate", "CharDevice", "BlockDevice")
# of the node itself: nobody keeps an application's data there
_OF_THE_NODE = ("/dev", "/proc", "/sys", "/run", "/var/run", "/etc", "/lib/modules", "/boot", "/usr")
_LOOKS_LIKE_DATA = ("data", "/var/lib/", "/db", "storage", "postgres", "mysql")


@check(
    id="node-local-state",
    title="Pods keep state on their node",
    reads=READS,
    in_files=True,
)
def node_local_state(check: Check, context: Context) -> Found:
    writers: dict[tuple[str, Owner | None], list[tuple[Template, str]]] = {}
    keepers: dict[tuple[str, Owner | None], list[tuple[Template, str]]] = {}
    for each in pod_templates(context):
        if not each.spec.volumes or each.kind == "DaemonSet" or is_system_namespace(each.namespace):
            continue
        if path := _host_directory(each):
            writers.setdefault((each.namespace, each.owner), []).append((each, path))
        if path := _data_in_empty_dir(each):
            keepers.setdefault((each.namespace, each.owner), []).append((each, path))
    for found, effect in (
        (writers, "to the node's own disk: it stays behind when the pod moves"),
        (keepers, "to an emptyDir: it is deleted when the pod moves"),
    ):
        for (namespace, owner), templates in found.items():
            shown = named(f"{each.kind} {each.ref.name} ({path})" for each, path in templates)
            yield check.finding(
                Severity.WARNING,
                f"{within(namespace)}{shown} write{'s' if len(templates) == 1 else ''} {effect}.",
                objects=[each.ref for each, _ in templates],
                owner=owner,
                fix="Use a persistent volume, or make sure that it is only a cache.",
                source="kubernetes.io/docs/concepts/storage/volumes",
            )


def _host_directory(template: Template) -> str:
    """The first directory of the host that it may write to."""
    mounted = [each for each in template.spec.volumes if each.host_path is not None]
    writable = _writable(template) if mounted else {}
    for volume in mounted:
        host = volume.host_path
        if host is None or volume.name not in writable or host.type in _NO_DIRECTORY:
            continue
        path = host.path.rstrip("/")
        if not any(path == each or path.startswith(f"{each}/") for each in _OF_THE_NODE):
            return host.path
    return ""


def _data_in_empty_dir(template: Template) -> str:
    """Where a StatefulSet without any claim mounts an emptyDir that looks like its data."""
    workload = template.workload
    if not isinstance(workload, StatefulSet) or workload.spec.volume_claim_templates:
        return ""
    volumes = template.spec.volumes
    if any(each.persistent_volume_claim is not None for each in volumes):
        return ""
    writable = _writable(template)
    for volume in volumes:
        on_disk = volume.empty_dir is not None and volume.empty_dir.medium != "Memory"
        path = writable.get(volume.name, "")
        if on_disk and any(word in path for word in _LOOKS_LIKE_DATA):
            return path
    return ""


def _writable(template: Template) -> dict[str, str]:
    """Volumes that a container mounts for writing, with where."""
    return {
        mount.name: mount.mount_path
        for container in template.spec.containers
        for mount in container.volume_mounts
        if not mount.read_only
    }
