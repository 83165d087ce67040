"""The mode in which kube-proxy works, by its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatrial.checks.check import Context
from seatrial.cluster.models import ConfigMap

_IPVS = re.compile(r"^mode:\s*[\"']?ipvs[\"']?\s*$", re.MULTILINE)
_MAPS = ("kube-proxy", "kube-proxy-config")


def configurations_with_ipvs(context: Context) -> Iterator[ConfigMap]:
    """kube-system/kube-proxy of kubeadm, kube-system/kube-proxy-config of EKS; whoever reads them, say so."""
    for each in context.read(ConfigMap):
        if each.namespace != "kube-system" or each.name not in _MAPS:
            continue
        if _IPVS.search(f"{each.data.kube_proxy}\n{each.data.kube_proxy_config}"):
            yield each
