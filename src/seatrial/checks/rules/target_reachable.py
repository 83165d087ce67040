"""The target cannot be reached, or is out of support.

**What.** A target that skips minors or is older than the cluster; one that the provider does not offer, does
not offer yet or no longer supports; one that upstream no longer patches; a support that ends within two
months; and the day on which the provider's support of the minor that runs ends, when that is near or past:
that of its standard support where the snapshot holds an upgrade policy that ends with it.

**Why.** The control plane goes up one minor at a time: providers refuse anything else, and kubeadm too. It
does not go down, but for a short while on providers that can take it back. A provider refuses a version
outside its window, and upgrades a cluster that stays behind it by force, at a time that nobody chose.

**How to fix.** Plan one hop after the other; each has its own checks, plan and approval. Choose a target
whose support outlasts your next round of upgrades.

**Source.** kubernetes.io/releases/version-skew-policy; Seatrial's facts (`seatrial facts releases`): the
providers' own calendars.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from seatrial.catalog import ProviderName, ProviderWindow, Release
from seatrial.catalog.rollback import way_back
from seatrial.checks.check import Check, Context, Found, Section, check
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.version import Minor, Version
from seatrial.errors import BadInput

_SOON = timedelta(days=60)


@check(
    id="target-reachable",
    title="The target cannot be reached",
    reads=(Section.CLUSTER, Section.PROVIDER),
    uses_facts=True,
)
def target_reachable(check: Check, context: Context) -> Found:
    yield from _hops(check, context)
    yield from _forced_away(check, context)
    if _is_refused(context):
        yield _not_offered(check, context)
        return
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
    provider = context.snapshot.provider
    back = way_back(provider.kind) if provider is not None else None
    if target == current.plus(-1) and back is not None:
        yield check.finding(
            Severity.WARNING,
            f"The cluster runs {current}: on {back.provider} {back.how}; {back.keeps}.",
            title="The target is older than the cluster",
            fix="Look at what would be lost (check way-back), and at the provider's own readiness checks.",
            source=back.source,
        )
    elif target < current:
        yield check.finding(
            Severity.BLOCKER,
            f"The cluster runs {current}: Kubernetes does not go back to {target}.",
            title="The target is older than the cluster",
            fix=f"Choose {current.plus(1)}.",
            source="version skew policy",
        )
    elif target > current.plus(1):
        between = (current.plus(step) for step in range(1, target.minor - current.minor + 1))
        way = ", ".join(f"{minor}{_unsupported(context, minor)}" for minor in between)
        yield check.finding(
            Severity.BLOCKER,
            f"From {current} to {target} skips minors: the control plane goes up one at a time.",
            title="The target skips minors",
            fix=f"Go one by one: {way}. Each hop has its own checks and plan.",
            source="version skew policy",
        )


def _unsupported(context: Context, minor: Minor) -> str:
    """A remark on a stop of the way that the provider no longer supports."""
    release = context.known_releases.get(minor)
    window = _window(context, release) if release is not None else None
    if window is None or window.end is None or window.end >= context.now.date():
        return ""
    return f" (out of {window.provider.value}'s support since {window.end})"


def _is_refused(context: Context) -> bool:
    """The provider says what it offers next, and the target is not among it."""
    provider = context.snapshot.provider
    if provider is None or context.target != context.snapshot.meta.minor.plus(1):
        return False
    offered = {_minor(text) for text in provider.available_versions} - {None}
    return (
        any(each > context.snapshot.meta.minor for each in offered if each) and context.target not in offered
    )


def _not_offered(check: Check, context: Context) -> Finding:
    provider = context.snapshot.provider
    offered = ", ".join(provider.available_versions) if provider else ""
    return check.finding(
        Severity.BLOCKER,
        f"The provider does not offer {context.target} to this cluster. It offers {offered}.",
        title="The provider does not offer the target",
        fix="Choose one of these, or wait until the provider offers it.",
        source="the provider's available versions",
    )


def _minor(text: str) -> Minor | None:
    try:
        return Version.parse(text).line
    except BadInput:
        return None


def _forced_away(check: Check, context: Context) -> Iterator[Finding]:
    """The provider's support of the minor that runs ends soon, or has ended."""
    running = context.snapshot.meta.minor
    release = context.known_releases.get(running)
    window = _window(context, release) if release is not None else None
    if window is None or window.end is None:
        return
    name, today = window.provider.value, context.now.date()
    provider = context.snapshot.provider
    standard = window.end_standard if provider is not None and provider.support == "standard" else None
    end, last = (standard, "standard") if standard is not None else (window.end, "last")
    if end < today + _SOON:
        ended = "ended" if end < today else "ends"
        yield check.finding(
            Severity.WARNING,
            f"{name}'s {last} support of {running}, which runs, {ended} on {end}: it may upgrade the"
            f" cluster at a time of its own{', as its upgrade policy says' if standard else ''}.",
            title="The provider's support of the minor that runs ends",
            fix=f"Upgrade before {end}." if end >= today else "Upgrade now.",
            source=_source(context, window),
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
    source = _source(context, window)
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
    elif _is_soon(window.end_standard or window.end, today):
        yield check.finding(
            Severity.INFO,
            f"{name} ends its standard support of {context.target} on {window.end_standard or window.end}.",
            title="The target's support ends soon",
            fix="Plan the next minor already.",
            source=source,
        )


def _is_soon(end: date | None, today: date) -> bool:
    return end is not None and end < today + _SOON


def _source(context: Context, window: ProviderWindow) -> str:
    return f"{window.provider.value}'s support dates, facts of {context.known_releases.gathered}"


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
    elif _is_soon(release.end_of_life, today):
        yield check.finding(
            Severity.INFO,
            f"Kubernetes {context.target} gets no patches after {release.end_of_life}.",
            title="The target's support ends soon",
            fix="Plan the next minor already.",
            source=f"end-of-life dates, facts of {context.known_releases.gathered}",
        )
