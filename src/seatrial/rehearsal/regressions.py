"""What the checks say of the twin after the upgrade that they did not say of the cluster before."""

from __future__ import annotations

from seatrial.cluster.findings import Finding, Report
from seatrial.cluster.objects import ObjectRef

_REPLACED = frozenset({"Pod", "Node"})  # an upgrade gives them other names


def new_findings(before: Report, after: Report) -> tuple[Finding, ...]:
    """Findings of `after` on objects that the same check did not name in `before`."""
    known: dict[str, set[ObjectRef]] = {}
    titles: set[tuple[str, str]] = set()
    for finding in before.findings:
        known.setdefault(finding.check, set()).update(finding.objects)
        titles.add((finding.check, finding.title))
    return tuple(
        finding for finding in after.findings if not _was_there(finding, known.get(finding.check), titles)
    )


def _was_there(finding: Finding, known: set[ObjectRef] | None, titles: set[tuple[str, str]]) -> bool:
    if known is None:
        return False
    lasting = {ref for ref in finding.objects if ref.kind not in _REPLACED}
    return lasting <= known if lasting else (finding.check, finding.title) in titles
