"""The Corefile uses a plugin that the CoreDNS of the target does not have.

**What.** Plugins named in the Corefile of kube-system/coredns that the official build of CoreDNS lacks
(external ones, and ones that were removed), and on kubeadm clusters also those that kubeadm's own
migration does not know.

**Why.** An upgrade of the cluster brings a CoreDNS of its own. One unknown word in the Corefile, and the
new pods do not start: no name in the cluster resolves. `kubeadm upgrade` looks at the Corefile first and
stops.

**How to fix.** Take the plugin out, or keep the build that has it: give kubeadm its image
(`dns.imageRepository`), or run that CoreDNS beside the cluster's. Where kubeadm merely does not know a
plugin of the official build, `--ignore-preflight-errors=CoreDNSUnsupportedPlugins` lets it pass.

**Source.** plugin.cfg of coredns/coredns; coredns/corefile-migration, which kubeadm uses.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.catalog.coredns import coredns_plugins
from seatrial.checks.check import Check, Context, Found, check
from seatrial.cluster.findings import Finding, Severity
from seatrial.cluster.models import ConfigMap, Node

_PLACE = ("kube-system", "coredns")
_KUBEADM = "kubeadm.alpha.kubernetes.io/cri-socket"
_DIRECTIVES = frozenset({"import"})  # of the file itself, no plugin


@check(
    id="corefile-plugin-missing",
    title="CoreDNS of the target lacks a plugin that the Corefile uses",
    reads=(ConfigMap, Node),
)
def corefile_plugin_missing(check: Check, context: Context) -> Found:
    by_kubeadm = _is_made_by_kubeadm(context)
    for config in context.read(ConfigMap):
        if (config.namespace, config.name) != _PLACE:
            continue
        used = sorted(set(plugins_in(config.data.corefile)))
        known = coredns_plugins()
        lacking = [each for each in used if each not in known or known[each].removed]
        stopping = [each for each in used if each not in lacking and not known[each].kubeadm]
        if lacking:
            yield _finding(check, config, lacking, by_kubeadm=by_kubeadm)
        if stopping and by_kubeadm:
            yield check.finding(
                Severity.WARNING,
                f"`kubeadm upgrade` stops at the Corefile: its migration does not know {', '.join(stopping)},"
                " which CoreDNS itself has.",
                objects=[config.ref],
                fix="Pass --ignore-preflight-errors=CoreDNSUnsupportedPlugins after you compared the"
                " Corefile.",
                source=known[stopping[0]].source,
            )


def _is_made_by_kubeadm(context: Context) -> bool:
    """By the mark that it leaves on nodes, or the ConfigMap that it reads at an upgrade."""
    return any(_KUBEADM in node.annotations for node in context.read(Node)) or any(
        (each.namespace, each.name) == ("kube-system", "kubeadm-config") for each in context.read(ConfigMap)
    )


def plugins_in(corefile: str) -> Iterator[str]:
    """First words inside server blocks and snippets, one brace deep; options of plugins lie deeper."""
    depth = 0
    for line in corefile.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        if depth == 1 and words[0] not in ("}", *_DIRECTIVES):
            yield words[0]
        depth += sum(word.endswith("{") for word in words) - words.count("}")


def _finding(check: Check, config: ConfigMap, lacking: list[str], *, by_kubeadm: bool) -> Finding:
    known = coredns_plugins()
    removed = [
        f"{each} was removed in CoreDNS {known[each].removed}"
        + (f" (use {known[each].replacement})" if known[each].replacement else "")
        for each in lacking
        if each in known
    ]
    foreign = [each for each in lacking if each not in known]
    parts = [*removed, *([f"the official build has no {', '.join(foreign)}"] if foreign else [])]
    end = (
        "`kubeadm upgrade` stops at it; passed over, no name resolves any more."
        if by_kubeadm
        else "Where the upgrade brings CoreDNS along, its pods do not start."
    )
    return check.finding(
        Severity.BLOCKER if by_kubeadm else Severity.WARNING,
        f"The Corefile uses plugins that CoreDNS lacks: {'; '.join(parts)}. {end}",
        objects=[config.ref],
        fix="Take them out of the Corefile, or see to it that the upgrade keeps the build that has them.",
        source="plugin.cfg of coredns/coredns",
    )
