"""A namespace's Pod Security labels say something that the API server does not understand.

**What.** `pod-security.kubernetes.io/enforce`, `audit` and `warn` with a level other than privileged,
baseline or restricted, and `…-version` labels that are neither `latest` nor a minor. A version newer than
the target counts as one that it does not know yet.

**Why.** A level that cannot be read is taken for the strictest: pods that run today are refused when the
drain recreates them. A version that cannot be read is taken for the latest, whose rules grow with every
minor.

**How to fix.** Write one of the three levels, and pin the version to the minor that the namespace's pods
were checked against.

**Source.** kubernetes.io/docs/concepts/security/pod-security-admission.
"""

from __future__ import annotations

import re

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import named
from seatrial.cluster.findings import Severity
from seatrial.cluster.models import Namespace
from seatrial.cluster.version import Minor

_PREFIX = "pod-security.kubernetes.io/"
_LEVELS = frozenset({"privileged", "baseline", "restricted"})
_VERSION = re.compile(r"^v(1)\.(0|[1-9]\d{0,3})$")


@check(
    id="pod-security-label",
    title="A Pod Security label cannot be understood",
    reads=(Namespace,),
    in_files=True,
)
def pod_security_label(check: Check, context: Context) -> Found:
    found: dict[tuple[str, str], list[Namespace]] = {}
    for namespace in context.read(Namespace):
        for mode in ("enforce", "audit", "warn"):
            level = namespace.labels.get(f"{_PREFIX}{mode}")
            if level is not None and level not in _LEVELS:
                found.setdefault((f"{_PREFIX}{mode}", level), []).append(namespace)
            version = namespace.labels.get(f"{_PREFIX}{mode}-version")
            if version is not None and not _is_known(version, context.target):
                found.setdefault((f"{_PREFIX}{mode}-version", version), []).append(namespace)
    for (label, value), namespaces in found.items():
        strict = label == f"{_PREFIX}enforce"
        effect = (
            "is taken for restricted, so pods may be refused"
            if strict
            else "is taken for the strictest or latest"
        )
        yield check.finding(
            Severity.WARNING if strict else Severity.INFO,
            f"{label}={value} on {named(each.name for each in namespaces)} {effect}.",
            objects=[each.ref for each in namespaces],
            fix="Write privileged, baseline or restricted, and a version such as latest or v1.36.",
            source="kubernetes.io/docs/concepts/security/pod-security-admission",
        )


def _is_known(version: str, target: Minor) -> bool:
    read = _VERSION.match(version)
    return version == "latest" or (read is not None and Minor(int(read[1]), int(read[2])) <= target)
