"""What the managed services do by themselves, operators' budgets, and requests of the system."""

from typing import Any

import pytest

from seatrial.catalog.operator_budgets import LeavesBy, operator_budgets
from seatrial.catalog.providers import (
    drain_limits,
    is_provider_policy,
    is_provider_webhook,
    is_system_namespace,
    provider_by_signs,
)
from seatrial.catalog.system_requests import system_requests
from seatrial.catalog.tables import read_table


def test_drain_limits_come_shortest_first() -> None:
    assert [(each.provider, each.minutes) for each in drain_limits()] == [
        ("eks", 15),
        ("aks", 30),
        ("gke", 60),
    ]


@pytest.mark.parametrize("name", ["kube-system", "gke-managed-cim", "gmp-system", "aks-command"])
def test_namespaces_of_the_system_are_known_by_name_or_pattern(name: str) -> None:
    assert is_system_namespace(name)
    assert not is_system_namespace(f"my-{name}")


def test_names_of_the_services_own_webhooks_and_policies_are_known() -> None:
    assert is_provider_webhook("nodelimit.config.common-webhooks.networking.gke.io")
    assert is_provider_webhook("vpc-resource-validating-webhook")
    assert not is_provider_webhook("kyverno-resource-validating-webhook-cfg")
    assert is_provider_webhook("vpc-resource-validating-webhook", "eks")
    assert not is_provider_webhook("vpc-resource-validating-webhook", "gke")
    assert is_provider_policy("aks-managed-protect")
    assert not is_provider_policy("our-rules")


def test_operator_is_known_by_what_its_budget_selects() -> None:
    found = {
        each.operator
        for each in operator_budgets()
        if each.is_for({"cnpg.io/cluster": "db", "cnpg.io/instanceRole": "primary"})
    }
    assert found == {"CloudNativePG"}
    assert not any(each.is_for({"role": "primary"}) for each in operator_budgets())
    assert {each.operator: each.leaves_by for each in operator_budgets()}["Strimzi"] is LeavesBy.DRAIN_CLEANER


def test_requests_of_the_system_belong_to_a_namespace_or_to_none() -> None:
    essential = {
        (each.group, each.resource, each.namespace) for each in system_requests() if each.is_essential
    }
    assert ("coordination.k8s.io", "leases", "kube-node-lease") in essential
    assert ("", "nodes/status", "") in essential
    assert ("", "pods", "kube-system") not in essential


@pytest.mark.parametrize(
    "table", ["operator-budgets", "provider-limits", "provider-objects", "system-requests"]
)
def test_every_fact_has_its_source(table: str) -> None:
    assert [row for row in read_table(table).rows if not row["source"]] == []


@pytest.mark.parametrize(
    ("signs", "provider"),
    [
        (("v1.36.4-eks-1a2b3c",), "eks"),
        (("v1.36.4-gke.1095000",), "gke"),
        (("v1.36.4", (), "0a1b.gr7.eu-west-1.eks.amazonaws.com"), "eks"),
        (("v1.36.4", (), "shop-dns-1a2b.hcp.westeurope.azmk8s.io"), "aks"),
        (("v1.36.4", (), "1a2b.api.k8s.fr-par.scw.cloud"), "kapsule"),
        (("v1.36.4", ("topology.kubernetes.io/zone", "cloud.google.com/gke-nodepool")), "gke"),
        (("v1.33.2+k3s1", ("kubernetes.io/hostname",), "azmk8s.io.example.test"), ""),
    ],
)
def test_a_provider_is_known_by_what_its_servers_and_nodes_show(
    signs: tuple[Any, ...], provider: str
) -> None:
    assert provider_by_signs(*signs) == provider
