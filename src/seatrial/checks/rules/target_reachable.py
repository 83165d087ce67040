"""The target cannot be reached in one step, or is out of support.

**What.** A target that skips minors or is older than the cluster; one that the provider does not offer
yet or no longer supports; one that upstream no longer patches.

**Why.** The control plane goes up one minor at a time, and never down: providers refuse anything else,
and kubeadm too. A provider refuses a version outside its window, or upgrades it by force.

**How to fix.** Plan one hop after the other; each has its own checks, plan and approval.

**Source.** kubernetes.io/releases/version-skew-policy; Seatrial's facts (`seatrial facts releases`).
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog import ProviderName, ProviderWindow, Release
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.cluster.findings import Finding, Severity
from seatrial.errors import BadInput


@check(
    id="target-reachable",
    title="The target cannot be reached",
    reads=(Section.CLUSTER, Section.PROVIDER),
    uses_facts=True,
)
def target_reachable(check: Check, context: Context) -> Found:
    yield from _hops(check, context)
    release = context.known_releases.get(context.target)
    if release is None:
        return
    window = _window(context, release)
    if window is not None:
        yield from _provider_support(check, context, window)
    else:
        yield from _upstream_support(check, context, release)


def _hops(check: Check, context: Context) -> Iterator[Finding]:
    current, target = context.snapshot.meta.minor, context.target
    if target < current:
        yield check.finding(
            Severity.BLOCKER,
            f"The cluster runs {current}: Kubernetes does not go back to {target}.",
            title="The target is older than the cluster",
            fix=f"Choose {current.plus(1)}.",
            source="version skew policy",
        )
    elif target > current.plus(1):
        way = ", ".join(str(current.plus(step)) for step in range(1, target.minor - current.minor + 1))
        yield check.finding(
            Severity.BLOCKER,
            f"From {current} to {target} skips minors: the control plane goes up one at a time.",
            title="The target skips minors",
            fix=f"Go one by one: {way}. Each hop has its own checks and plan.",
            source="version skew policy",
        )


def _window(context: Context, release: Release) -> ProviderWindow | None:
    provider = context.snapshot.provider
    if provider is None:
        return None
    try:
        return release.window(ProviderName.parse(provider.kind))
    except BadInput:
        return None  # a simulated or unknown provider has no window of its own


def _provider_support(check: Check, context: Context, window: ProviderWindow) -> Iterator[Finding]:
    today = context.snapshot.meta.captured_at.date()
    name = window.provider.value
    source = f"{name}'s support dates, facts of {context.known_releases.gathered}"
    if window.available is not None and today < window.available:
        yield check.finding(
            Severity.BLOCKER,
            f"{name} offers {context.target} from {window.available} on.",
            title="The provider does not offer the target yet",
            fix=f"Wait until {window.available}.",
            source=source,
        )
    elif window.end is not None and window.end < today:
        yield check.finding(
            Severity.BLOCKER,
            f"{name} ended its support of {context.target} on {window.end}.",
            title="The target is out of support",
            fix="Ask the provider how to go past it.",
            source=source,
        )
    elif window.end_standard is not None and window.end_standard < today:
        yield check.finding(
            Severity.WARNING,
            f"{name} ended its standard support of {context.target} on {window.end_standard}; extended"
            f" support, where you have it, lasts until {window.end}.",
            title="The target is out of standard support",
            fix="Go on to a later minor soon.",
            source=source,
        )


def _upstream_support(check: Check, context: Context, release: Release) -> Iterator[Finding]:
    today = context.snapshot.meta.captured_at.date()
    if release.end_of_life is not None and release.end_of_life < today:
        yield check.finding(
            Severity.WARNING,
            f"Kubernetes {context.target} has had no patches since {release.end_of_life}.",
            title="The target is out of support",
            fix="Go on to a later minor soon after.",
            source=f"end-of-life dates, facts of {context.known_releases.gathered}",
        )
