"""Which plugins the official build of CoreDNS has, and which of them kubeadm can carry over an upgrade.

The official build of any minor that a supported Kubernetes brings (CoreDNS 1.11 and later) has all that
is not marked as removed; a few are newer than 1.11, which only a downgrade would notice.
"""

from __future__ import annotations

from functools import cache

import msgspec

from seatrial.catalog.tables import read_table


class CoreDnsPlugin(msgspec.Struct, frozen=True):
    name: str
    removed: str
    """The version of CoreDNS that dropped it; "" for one that is there."""
    replacement: str
    kubeadm: bool
    """Whether kubeadm's migration of the Corefile knows it: otherwise `kubeadm upgrade` stops."""
    source: str


@cache
def coredns_plugins() -> dict[str, CoreDnsPlugin]:
    return {
        row["plugin"]: CoreDnsPlugin(
            row["plugin"], row["removed"], row["replacement"], row["kubeadm"] == "true", row["source"]
        )
        for row in read_table("coredns-plugins").rows
    }
