"""One page that needs nothing from anywhere, and says what the report says."""

from html.parser import HTMLParser

from tests.builders import a_budget, a_deployment, a_pod, a_snapshot, forbidden
from tests.checks.reports import TARGET

from seatrial.checks.cluster_reports import ClusterReport
from seatrial.checks.formats.html import html_page
from seatrial.checks.run import check_snapshot
from seatrial.cluster.findings import Finding, Report, Severity
from seatrial.cluster.models import Node

BLOCKED = check_snapshot(
    a_snapshot(
        *a_deployment("web"), a_budget("web", max_unavailable=0), a_pod("lone"), unread=[forbidden(Node)]
    ),
    TARGET,
)
CLEAN = Report(target="1.37", subject="quay", checked=("x",))


class _Page(HTMLParser):
    """Tags that stay open, attributes that reach out, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        given = dict(attrs)
        self.outside += [value or "" for name, value in attrs if name in ("src", "srcset", "action")]
        self.ids.add(given.get("id") or "")
        if given.get("href"):
            self.links.add(given["href"] or "")
        if tag in ("script", "link", "iframe", "img"):
            self.outside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(*reports: tuple[str, Report]) -> _Page:
    clusters = [ClusterReport(cluster=name, version="v1.36.4", report=report) for name, report in reports]
    return _Page(html_page(clusters, made="2026-11-22 01:20 UTC"))


def test_page_is_whole_and_reaches_nowhere() -> None:
    page = _page(("prod", BLOCKED), ("quay", CLEAN))
    assert (page.open, page.outside) == ([], [])
    assert {link.removeprefix("#") for link in page.links} <= page.ids


def test_page_says_each_finding_and_each_gap() -> None:
    page = _page(("prod", BLOCKED))
    assert BLOCKED.findings
    assert all(each.message in page.text and each.fix in page.text for each in BLOCKED.findings)
    assert all(each.what in page.text and each.next_step in page.text for each in BLOCKED.incomplete)
    assert "Is prod ready for Kubernetes 1.37?" in page.text


def test_fleet_starts_with_what_to_remove_first() -> None:
    page = _page(("prod", BLOCKED), ("quay", CLEAN))
    assert "✖ 1 blocked" in page.text
    assert "✔ 1 ready" in page.text
    assert page.text.index("What to remove first") < page.text.index("A disruption budget")


def test_words_of_a_hostile_cluster_stay_words() -> None:
    evil = "<script>alert(1)</script>"
    finding = Finding(
        check="x", severity=Severity.BLOCKER, title=evil, message=evil, fix=evil, responsible=(evil,)
    )
    report = Report(target="1.37", subject=evil, findings=(finding,))
    page = _page((evil, report), ("quay", CLEAN))
    assert page.outside == []
    assert evil in page.text
