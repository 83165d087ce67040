"""Long-lived service account tokens that are switched off, about to be, or still used.

**What.** Secrets of type `kubernetes.io/service-account-token`, by the labels that the control plane keeps
on them: `legacy-token-invalid-since` warns, and so does a token whose last use is more than ten months
past; one that is in use is told. No value of a Secret is read.

**Why.** Since 1.29 the control plane marks a generated token invalid after a year without use, refuses it,
and deletes it a year later. Whatever runs rarely, a yearly export or an emergency account, then gets 401,
and that tends to be noticed while something else is being upgraded. Tokens that somebody made on purpose
are not cleaned up, but they never expire, and are what leaks.

**How to fix.** Give the client a token that expires (`kubectl create token`, or a projected volume). Where
an invalid one is still needed for now, remove its label `kubernetes.io/legacy-token-invalid-since`.

**Source.** KEP-2799; kubernetes.io/docs/reference/labels-annotations-taints
(kubernetes.io/legacy-token-last-used and -invalid-since); LegacyServiceAccountTokenCleanUp is beta in 1.29
and stable in 1.30.
"""

from __future__ import annotations

from datetime import timedelta

from seatrial.checks.callers import age_of
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import counted
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Secret

_LAST_USED = "kubernetes.io/legacy-token-last-used"
_INVALID = "kubernetes.io/legacy-token-invalid-since"
_SOON = timedelta(days=300)  # invalid after 365 unless the control plane was told otherwise


@check(
    id="legacy-token",
    title="Long-lived service account tokens",
    reads=(Secret,),
)
def legacy_token(check: Check, context: Context) -> Found:
    invalid, fading, used = [], [], []
    for secret in context.read(Secret):
        if secret.type != "kubernetes.io/service-account-token":
            continue
        age = age_of(secret.labels.get(_LAST_USED, ""), context.now)
        if _INVALID in secret.labels:
            invalid.append(secret)
        elif age is not None and age > _SOON:
            fading.append(secret)
        elif age is not None:
            used.append(secret)
    source = "KEP-2799, labels of the Secrets"
    fix = "Move the client to a token that expires; see the labels for the day of its last use."
    if invalid:
        yield check.finding(
            Severity.WARNING,
            f"{counted(len(invalid), 'service account token')} marked invalid: whoever uses one gets 401,"
            " and the control plane deletes it a year after."
            f" The first was marked on {_first(invalid, _INVALID)}.",
            title="Service account tokens are refused",
            objects=[each.ref for each in invalid],
            fix=f"{fix} Remove the label {_INVALID} where one is needed for now.",
            source=source,
        )
    if fading:
        yield check.finding(
            Severity.WARNING,
            f"{counted(len(fading), 'service account token')} last used long ago, the first on"
            f" {_first(fading, _LAST_USED)}: after a year without use they are refused.",
            title="Service account tokens will soon be refused",
            objects=[each.ref for each in fading],
            fix=fix,
            source=source,
        )
    if used:
        yield check.finding(
            Severity.INFO,
            f"{counted(len(used), 'long-lived service account token')} in use: such a token never expires.",
            objects=[each.ref for each in used],
            fix=fix,
            source=source,
        )


def _first(secrets: list[Secret], label: str) -> str:
    return min(each.labels[label] for each in secrets)
