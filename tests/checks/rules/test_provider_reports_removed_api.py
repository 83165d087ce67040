"""Clients that the provider's insights name."""

from tests.builders import a_snapshot
from tests.checks.corpus import Case, run

from seatrial.cluster.provider_state import Insight, InsightClient, ProviderState

CHECK = "provider-reports-removed-api"
PATH = "/apis/networking.k8s.io/v1beta1/ipaddresses"


def eks(*insights: Insight) -> ProviderState:
    return ProviderState(kind="eks", version="1.36.4", insights=insights)


def an_insight(
    agent: str = "deployer/v1.4",
    last: str = "2026-11-20T10:00:00Z",
    *,
    api: str = PATH,
    removed: str = "1.37",
    refreshed: str = "2026-11-21T05:00:00+00:00",
) -> Insight:
    """As EKS tells of one deprecated API; the snapshots of the tests are of 2026-11-21."""
    client = InsightClient(user_agent=agent, requests=12, last_request=last)
    return Insight(
        kind="deprecated-api",
        name=f"Deprecated APIs removed in Kubernetes v{removed}",
        status="error",
        api=api,
        removed_in=removed,
        refreshed=refreshed,
        clients=(client,) if agent else (),
    )


def a_case(name: str, severity: str, *insights: Insight) -> Case:
    return Case(
        check=CHECK,
        name=name,
        severities=(severity,) if severity else (),
        snapshot=a_snapshot(provider=eks(*insights)),
    )


CASES = (
    a_case("a client that called yesterday", "blocker", an_insight()),
    a_case("a client that called two weeks ago", "warning", an_insight(last="2026-11-07T10:00:00Z")),
    a_case("a client that was mended long ago", "info", an_insight(last="2026-10-02T10:00:00Z")),
    a_case("a kubectl that read or wrote", "warning", an_insight("kubectl/v1.29.4 (linux/amd64)")),
    a_case("the garbage collector", "info", an_insight("kube-controller-manager/v1.36.4 (linux/arm64)")),
    a_case(
        "insights that were refreshed long ago",
        "info",
        an_insight(
            "",
            api="/apis/resource.k8s.io/v1beta1/resourceclaims",
            refreshed="2026-11-01T05:00:00+00:00",
            removed="1.38",
        ),
    ),
    a_case("an insight that names nobody", "warning", an_insight("")),
    a_case(
        "an API that goes later",
        "",
        an_insight(api="/apis/resource.k8s.io/v1beta1/resourceclaims", removed="1.38"),
    ),
    a_case("another kind of insight", "", Insight(kind="addon", name="EKS add-on versions", status="error")),
    a_case("insights without any complaint", ""),
    Case(
        check=CHECK,
        name="a provider without insights",
        severities=(),
        snapshot=a_snapshot(provider=ProviderState(kind="gke", version="1.36.4")),
    ),
    Case(check=CHECK, name="a cluster without a provider", severities=(), snapshot=a_snapshot()),
)


def test_finding_names_the_client_its_calls_and_the_day() -> None:
    (finding,) = run(CASES[0]).findings
    assert finding.message == (
        "The provider saw 1 client call networking.k8s.io/v1beta1 ipaddresses, gone in 1.37:"
        " deployer/v1.4 (last on 2026-11-20, 12 requests)."
    )
    assert str(finding.owner) == "client deployer/v1.4"


def test_paths_of_insights_are_read_with_and_without_group_and_namespace() -> None:
    paths = (
        "/api/v1/endpoints",
        "/apis/apps/v1/namespaces/shop/deployments/web",
        "nonsense",
        "/apis/apps/v1",
    )
    assert [an_insight(api=path).gvr for path in paths] == [
        ("", "v1", "endpoints"),
        ("apps", "v1", "deployments"),
        None,
        None,
    ]


def test_an_insight_that_names_neither_client_nor_api_says_what_to_ask_for() -> None:
    (finding,) = run(a_case("listed", "warning", an_insight("", api=""))).findings
    assert finding.message == (
        "The provider's insight 'Deprecated APIs removed in Kubernetes v1.37' says that an API that is gone"
        " in 1.37 is used; it names no client."
    )
    assert finding.fix == (
        "Find the client in the audit log: `seatrial check --audit-log FILE`. Or give what `aws eks"
        " describe-insight` says of it: `--provider-data FILE`."
    )


def test_old_insights_are_told_once_with_their_day() -> None:
    old = "2026-11-17T05:00:00+00:00"
    case = a_case("old", "", an_insight("", removed="1.38", refreshed=old), an_insight("x", refreshed=old))
    (finding,) = [each for each in run(case).findings if each.title == "The provider's insights are old"]
    assert finding.message == (
        "The provider's insights are of 2026-11-17, 4 days before the cluster was read: whoever called since"
        " is not among them."
    )
