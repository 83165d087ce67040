"""Upgrade insights of EKS: `aws eks describe-insight` and `aws eks list-insights`.

Documented: EKS API reference, DescribeInsight, Insight, DeprecationDetail, ClientStat, InsightResourceDetail,
ListInsights and InsightSummary; examples of both commands in the AWS CLI's own repository
(awscli/examples/eks); values of a whole insight in the EKS best practices guide, "Cluster upgrades". Moments
are RFC 3339, from version 1 of the CLI seconds since 1970. All read 2026-11-22.

`list-insights` names no client, so an insight of a describe-insight replaces the one of the same name.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from seatrial.cluster.provider_state import Insight, InsightClient
from seatrial.providers.exports.facts import (
    Count,
    Facts,
    Format,
    Timestamp,
    VersionText,
    Word,
    has,
    moment,
    user_agent,
)

DESCRIBE = "aws eks describe-insight --cluster-name NAME --id ID --output json"
LIST = "aws eks list-insights --cluster-name NAME --output json"
_READINESS = "UPGRADE_READINESS"
_DEPRECATED = "Deprecated APIs removed"
"""How the names of the insights about deprecated APIs begin."""
_CLUSTER_OF_ARN = re.compile(r"^arn:[a-z-]+:eks:[a-z0-9-]*:[0-9]*:(?:cluster|nodegroup|addon)/([^/]+)")


class _Status(msgspec.Struct, frozen=True):
    status: Word = "UNKNOWN"


class _Client(msgspec.Struct, frozen=True, rename="camel"):
    user_agent: str = ""
    number_of_requests_last30_days: Count = 0
    last_request_time: Timestamp = ""


class _Deprecation(msgspec.Struct, frozen=True, rename="camel"):
    usage: Word = ""
    replaced_with: Word = ""
    stop_serving_version: VersionText = ""
    client_stats: tuple[_Client, ...] = ()


class _Summary(msgspec.Struct, frozen=True, rename="camel"):
    deprecation_details: tuple[_Deprecation, ...] = ()


class _Resource(msgspec.Struct, frozen=True):
    arn: Word = ""


class _Insight(msgspec.Struct, frozen=True, rename="camel"):
    name: Word
    category: Word
    kubernetes_version: VersionText = ""
    last_refresh_time: Timestamp = ""
    insight_status: _Status = _Status()
    resources: tuple[_Resource, ...] = ()
    category_specific_summary: _Summary = _Summary()


class _Described(msgspec.Struct, frozen=True):
    insight: _Insight


class _Listed(msgspec.Struct, frozen=True):
    insights: tuple[_Insight, ...]


def _describe(document: Any) -> Facts:
    insight = msgspec.convert(document, _Described).insight
    found = tuple(_insights(insight))
    return Facts(
        provider="eks",
        clusters=tuple(
            dict.fromkeys(
                named[1] for each in insight.resources if (named := _CLUSTER_OF_ARN.match(each.arn))
            )
        ),
        before=insight.kubernetes_version if found else "",
        insights=found,
        useless=not found,
    )


def _list(document: Any) -> Facts:
    found = [one for each in msgspec.convert(document, _Listed).insights for one in _insights(each)]
    open_ones = [each.name for each in found if each.status in ("warning", "error")]
    return Facts(
        provider="eks",
        insights=tuple(found),
        note=f"a list names no clients; of {', '.join(open_ones)} they are in: {DESCRIBE}"
        if open_ones
        else "",
    )


def _insights(insight: _Insight) -> list[Insight]:
    """One for each API; a single one where no API is named; none for what is not about APIs."""
    about_apis = insight.name.startswith(_DEPRECATED) or insight.category_specific_summary.deprecation_details
    if insight.category != _READINESS or not about_apis:
        return []
    whole = Insight(
        kind="deprecated-api",
        name=insight.name,
        status=insight.insight_status.status.lower(),
        removed_in=insight.kubernetes_version,
        refreshed=moment(insight.last_refresh_time),
    )
    return [_of_api(whole, each) for each in insight.category_specific_summary.deprecation_details] or [whole]


def _of_api(whole: Insight, detail: _Deprecation) -> Insight:
    return msgspec.structs.replace(
        whole,
        api=detail.usage,
        replacement=detail.replaced_with,
        removed_in=detail.stop_serving_version or whole.removed_in,
        clients=tuple(
            InsightClient(
                user_agent=user_agent(each.user_agent),
                requests=each.number_of_requests_last30_days,
                last_request=moment(each.last_request_time),
            )
            for each in detail.client_stats
        ),
    )


FORMATS = (
    Format(DESCRIBE, lambda document: has(document, "insight"), _describe),
    Format(LIST, lambda document: has(document, "insights"), _list),
)
