"""Annotations of GitHub Actions: one line each, with what would break the line escaped."""

from seatrial.checks.formats.github import github_annotations
from seatrial.cluster.findings import Finding, Incomplete, Report, Severity
from seatrial.cluster.ownership import Owner, OwnerKind


def _lines(*findings: Finding, incomplete: tuple[Incomplete, ...] = ()) -> list[str]:
    return list(
        github_annotations([Report(target="1.37", subject="c", findings=findings, incomplete=incomplete)])
    )


def test_finding_in_a_file_is_placed_at_its_line() -> None:
    found = Finding(
        check="x", severity=Severity.BLOCKER, title="Gone, here: now", message="50% of\nit", fix="Mend.",
        location="a,b/app.yaml:7",
    )  # fmt: skip
    assert _lines(found) == [
        "::error file=a%2Cb/app.yaml,line=7,title=Gone%2C here%3A now [x]::50%25 of%0Ait Fix: Mend."
    ]


def test_finding_in_a_cluster_names_its_owner() -> None:
    owner = Owner(OwnerKind.HELM, "web", "shop")
    found = Finding(check="x", severity=Severity.WARNING, title="t", message="m.", owner=owner)
    assert _lines(found) == ["::warning title=t [x]::m. Owner: Helm release shop/web."]


def test_of_several_clusters_each_line_says_which() -> None:
    found = Finding(check="x", severity=Severity.INFO, title="t", message="m.", responsible=("team=a",))
    gaps = tuple(Incomplete(check=check, what="nodes", why="forbidden.") for check in ("p", "q"))
    reports = [
        Report(target="1.37", subject=name, findings=(found,), incomplete=gaps) for name in ("one", "two")
    ]
    assert list(github_annotations(reports)) == [
        "::notice title=t [x]::one: m. Ask: team=a.",
        "::warning title=Not looked at [p%2C q]::one: nodes: forbidden.",
        "::notice title=t [x]::two: m. Ask: team=a.",
        "::warning title=Not looked at [p%2C q]::two: nodes: forbidden.",
    ]


def test_what_could_not_be_looked_at_is_a_warning() -> None:
    gap = Incomplete(check="x", what="app.yaml:3", why="no YAML.", next_step="Mend.", location="app.yaml:3")
    assert _lines(incomplete=(gap,)) == [
        "::warning file=app.yaml,line=3,title=Not looked at [x]::app.yaml:3: no YAML. Mend."
    ]
