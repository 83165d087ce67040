"""kube-proxy and control-plane components whose versions do not go together.

**What.** kube-proxy older than the target's API server supports, or newer than the API server; API
servers of one control plane that are a minor apart; controller managers and schedulers newer than an API
server. Seen by the images of pods in kube-system; managed services show no control plane there.

**Why.** API servers of a control plane may be one minor apart, and only while it is being upgraded: to
start the next minor then makes it two. kube-proxy may be as old as a kubelet may be, and never newer than
the API server.

**How to fix.** Finish the upgrade that is under way. Upgrade kube-proxy (the add-on, or its DaemonSet's
image) to the control plane's present minor.

**Source.** kubernetes.io/releases/version-skew-policy; Seatrial's facts (`seatrial facts releases`).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.checks.components import component_minors
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import Pod
from seatrial.cluster.version import Minor

_POLICY = "version skew policy"


@check(
    id="component-skew",
    title="Components' versions do not go together",
    reads=(Section.CLUSTER, Pod),
    uses_facts=True,
)
def component_skew(check: Check, context: Context) -> Found:
    yield from _kube_proxy(check, context)
    servers = component_minors(context, "kube-apiserver")
    if servers:
        yield from _control_plane(
            check, context, tuple(servers), [p for pods in servers.values() for p in pods]
        )
        for component in ("kube-controller-manager", "kube-scheduler"):
            yield from _newer_than_servers(check, context, component, min(servers))


def _kube_proxy(check: Check, context: Context) -> Iterator[Finding]:
    current = context.snapshot.meta.minor
    release = context.known_releases.get(context.target)
    for minor, pods in component_minors(context, "kube-proxy").items():
        objects = [pod.ref for pod in pods]
        if release is not None and minor < release.min_kubelet:
            yield check.finding(
                Severity.BLOCKER,
                f"{counted(len(pods), 'pod')} of kube-proxy {minor}; an API server of {context.target}"
                f" supports kube-proxy from {release.min_kubelet} on.",
                objects=objects,
                fix=f"Upgrade kube-proxy to {current} before the control plane.",
                source=f"{_POLICY}, facts of {context.known_releases.gathered}",
            )
        elif minor > current:
            yield check.finding(
                Severity.WARNING,
                f"{counted(len(pods), 'pod')} of kube-proxy {minor}, newer than the API server ({current}).",
                objects=objects,
                fix=f"Take kube-proxy back to {current} until the control plane is at {minor}.",
                source=_POLICY,
            )


def _control_plane(
    check: Check, context: Context, minors: tuple[Minor, ...], pods: list[Pod]
) -> Iterator[Finding]:
    oldest, newest = minors[0], minors[-1]
    if oldest == newest:
        return
    apart = max(newest, context.target).minor - oldest.minor
    yield check.finding(
        Severity.BLOCKER if apart > 1 else Severity.WARNING,
        f"API servers run {oldest} and {newest}: an upgrade of the control plane is not finished."
        + (
            f" Going on to {context.target} puts {oldest} and {context.target} side by side."
            if apart > 1
            else ""
        ),
        title="API servers of different minors",
        objects=[pod.ref for pod in pods],
        fix=f"Bring every API server to {newest} first.",
        source=_POLICY,
    )


def _newer_than_servers(
    check: Check, context: Context, component: str, oldest_server: Minor
) -> Iterator[Finding]:
    found = component_minors(context, component)
    newer = [pod for minor, pods in found.items() if minor > oldest_server for pod in pods]
    if newer:
        yield check.finding(
            Severity.WARNING,
            f"{component} {max(found)} is newer than an API server that it may talk to ({oldest_server}).",
            objects=[pod.ref for pod in newer],
            fix="Upgrade every API server before the other components.",
            source=_POLICY,
        )
