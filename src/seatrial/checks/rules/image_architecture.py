"""Images that may be placed on nodes of an architecture that they have no build for.

**What.** In a cluster whose nodes have several architectures (arm64 beside amd64): pods that may be placed
on a node of one (selector, node affinity and taints looked at) for which their image has no build. That is
known, in this order: from a file that lists the platforms of images (`image_platforms`); from pods of the
workload that run on one architecture and cannot start on another; from the image's name (`amd64/…`,
`arm64v8/…` on Docker Hub, a name or tag that ends in `-amd64` or `-arm64`). Images that simply never ran on
one of the architectures are told once, for information. Files (charts too) are held against the nodes of the
cluster that they are checked with; without one, against the pod's own selector of the architecture.

**Why.** An upgrade moves every pod. One that always ran on amd64 may come to lie on an arm64 node that has
room, and there it ends with "exec format error" or cannot be pulled.

**How to fix.** Build the image for both (`docker buildx build --platform linux/amd64,linux/arm64`), or set
`nodeSelector: {kubernetes.io/arch: amd64}`, or taint the nodes of the other architecture.

**Source.** kubernetes.io/docs/reference/labels-annotations-taints (kubernetes.io/arch); docker-library/
official-images, "Architectures other than amd64?" (the prefixed names).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.images import parse_image
from seatrial.checks.placement.admission import admits
from seatrial.checks.placement.homeless import workload_of_pod
from seatrial.checks.placement.needs import Admission, admission_of
from seatrial.checks.templates import READS, Template, pod_templates
from seatrial.checks.wording import counted, named, qualified
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.image_platforms import architecture
from seatrial.cluster.models import Node, Pod, PodSpec
from seatrial.cluster.node_groups import ARCHITECTURE, is_virtual
from seatrial.cluster.ownership import owner_of
from seatrial.cluster.snapshot import Snapshot

_ENDS_IN = r"(?:^|[-_.])(amd64|x86_64|arm64|aarch64|arm64v8)$"
_PREFIXED = r"^(amd64|arm64v8)/"
_CANNOT_START = frozenset({"ErrImagePull", "ImagePullBackOff", "CrashLoopBackOff", "RunContainerError"})
_FIX = "Build the image for every architecture, or select the one that it has: kubernetes.io/arch."


@check(
    id="image-architecture",
    title="An image has no build for nodes that may get it",
    reads=(*READS, Node),
    in_files=True,
)
def image_architecture(check: Check, context: Context) -> Found:
    places = _Places(context.beside or context.snapshot)
    if context.beside is None and not places.architectures:
        yield from _against_selectors(check, context)
        return
    if len(places.architectures) < 2:
        return
    told: set[tuple[str, str]] = set()
    if context.beside is not None:  # what files say has not run yet
        yield from _without_a_build(check, context, places, told)
        return
    failing = list(_that_fail(context, places))
    for key, (works, fails, pods) in failing:
        yield check.finding(
            Severity.WARNING,
            f"{qualified(key[0], key[2])} ({key[1]}) runs on {named(works)}; its pods on {named(fails)} do"
            f" not start ({named({reason for pod in pods for reason in _reasons(pod)})}).",
            title="A workload runs on one architecture only",
            objects=[pod.ref for pod in pods],
            owner=owner_of(pods[0].metadata),
            fix=_FIX,
            source="status.containerStatuses against the nodes' architecture",
        )
    yield from _without_a_build(check, context, places, told)
    yield from _never_tried(check, context, places, told)


class _Places:
    """The nodes by architecture, and on which of them a pod may be placed."""

    def __init__(self, cluster: Snapshot) -> None:
        self._of: dict[str, str] = {}
        self._nodes = [
            node
            for node in cluster.read(Node)
            if not is_virtual(node.labels) and node.status.node_info.operating_system != "windows"
        ]
        for node in self._nodes:
            self._of[node.name] = node.labels.get(ARCHITECTURE) or node.status.node_info.architecture
        self.architectures = frozenset(self._of.values()) - {""}
        self._known: dict[Admission, frozenset[str]] = {}

    def of(self, node: str) -> str:
        return self._of.get(node, "")

    def open_to(self, spec: PodSpec) -> frozenset[str]:
        admission = admission_of(spec)
        found = self._known.get(admission)
        if found is None:
            admitting = {self._of[node.name] for node in self._nodes if admits(node, admission)}
            found = self._known[admission] = frozenset(admitting) - {""}
        return found


def _without_a_build(
    check: Check, context: Context, places: _Places, told: set[tuple[str, str]]
) -> Iterator[Finding]:
    found: dict[tuple[str, frozenset[str], frozenset[str], bool], list[Template]] = {}
    listed = context.settings.image_platforms
    for template in pod_templates(context):
        for image in _images(template.spec):
            builds = listed.get(image) or _by_name(image)
            missing = places.open_to(template.spec) - builds if builds else frozenset[str]()
            if missing:
                nowhere = not places.open_to(template.spec) & builds
                found.setdefault((image, builds, missing, nowhere), []).append(template)
    for (image, builds, missing, nowhere), templates in found.items():
        told.update((template.namespace, image) for template in templates)
        sure = image in listed
        yield check.finding(
            Severity.BLOCKER if sure and nowhere else Severity.WARNING,
            f"{image} {'has builds' if sure else 'is, by its name, a build'} for {named(builds)} only;"
            f" {'the only nodes' if nowhere else 'nodes'} that may get it are {named(missing)}"
            f"{'' if nowhere else ' too'}.",
            objects=[template.ref for template in templates],
            owner=next((owner for template in templates if (owner := template.owner)), None),
            fix=_FIX,
            source="the list of images' platforms" if sure else "the image's name",
        )


def _that_fail(
    context: Context, places: _Places
) -> Iterator[tuple[tuple[str, str, str], tuple[list[str], list[str], list[Pod]]]]:
    """Workloads all of whose pods on one architecture cannot start, while some run on another."""
    workloads: dict[tuple[str, str, str], dict[str, list[Pod]]] = {}
    for pod in context.read(Pod):
        on = places.of(pod.spec.node_name)
        if on and pod.controller is not None and not pod.is_finished and not pod.is_terminating:
            workloads.setdefault(workload_of_pod(pod), {}).setdefault(on, []).append(pod)
    for key, by_architecture in sorted(workloads.items()):
        works = sorted(on for on, pods in by_architecture.items() if any(pod.is_ready for pod in pods))
        fails = sorted(on for on, pods in by_architecture.items() if all(map(_reasons, pods)))
        if works and fails:
            yield key, (works, fails, [pod for on in fails for pod in by_architecture[on]])


def _never_tried(
    check: Check, context: Context, places: _Places, told: set[tuple[str, str]]
) -> Iterator[Finding]:
    ran = _ran_on(context, places)
    found: dict[frozenset[str], list[Template]] = {}
    for template in pod_templates(context):
        missing: set[str] = set()
        for image in _images(template.spec):
            if (template.namespace, image) not in told and image in ran:
                builds = context.settings.image_platforms.get(image, frozenset())
                missing |= places.open_to(template.spec) - ran[image] - builds
        if missing:
            found.setdefault(frozenset(missing), []).append(template)
    for architectures, templates in found.items():
        images = {image for template in templates for image in _images(template.spec)}
        yield check.finding(
            Severity.INFO,
            f"{counted(len(templates), 'workload')} may be placed on {named(architectures)} nodes, where"
            f" their images never ran in this cluster: {named(images)}. Whether they have a build for it,"
            " only their registry knows.",
            title="Images never ran on an architecture that may get them",
            objects=[template.ref for template in templates],
            fix="docker buildx imagetools inspect IMAGE tells. If there is none, select kubernetes.io/arch.",
            source="status.containerStatuses against the nodes' architecture",
        )


def _ran_on(context: Context, places: _Places) -> Mapping[str, frozenset[str]]:
    """On which architectures a container of this image is ready now."""
    found: dict[str, set[str]] = {}
    for pod in context.read(Pod):
        on = places.of(pod.spec.node_name)
        ready = {status.name for status in pod.status.container_statuses if status.ready}
        if on and ready:
            for container in pod.spec.containers:
                if container.name in ready and container.image:
                    found.setdefault(container.image, set()).add(on)
    return {image: frozenset(places) for image, places in found.items()}


def _against_selectors(check: Check, context: Context) -> Iterator[Finding]:
    """Without nodes only what the pod itself asks for tells where it may go."""
    for template in pod_templates(context):
        asked = _selected(template.spec)
        for image in _images(template.spec) if asked else ():
            builds = context.settings.image_platforms.get(image) or _by_name(image)
            if builds and asked - builds:
                yield check.finding(
                    Severity.WARNING,
                    f"{image} is a build for {named(builds)}, and the pod selects {named(asked)} nodes.",
                    objects=[template.ref],
                    owner=template.owner,
                    fix=_FIX,
                    source="the image's name against nodeSelector and node affinity",
                )


def _selected(spec: PodSpec) -> frozenset[str]:
    """The architectures that the pod asks for by name; none where it does not say."""
    if ARCHITECTURE in spec.node_selector:
        return frozenset({spec.node_selector[ARCHITECTURE]})
    required = spec.affinity.node_affinity.required
    if required is None:
        return frozenset()
    each_term = [
        {
            value
            for requirement in term.match_expressions
            if requirement.key == ARCHITECTURE and requirement.operator == "In"
            for value in requirement.values
        }
        for term in required.node_selector_terms
    ]
    return frozenset().union(*each_term) if each_term and all(each_term) else frozenset()


def _by_name(text: str) -> frozenset[str]:
    image = parse_image(text)
    prefix = re.match(_PREFIXED, image.repository) if image.registry == "docker.io" else None
    found = (
        prefix or re.search(_ENDS_IN, image.tag) or re.search(_ENDS_IN, image.repository.rpartition("/")[2])
    )
    return frozenset({architecture(found[1])}) if found else frozenset()


def _images(spec: PodSpec) -> set[str]:
    return {container.image for container in (*spec.init_containers, *spec.containers) if container.image}


def _reasons(pod: Pod) -> list[str]:
    """Why its containers cannot start; none when they can, or nobody knows."""
    states = (status.state.waiting for status in pod.status.container_statuses)
    return [waiting.reason for waiting in states if waiting is not None and waiting.reason in _CANNOT_START]
