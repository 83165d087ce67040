"""Pods spread so strictly that a drained node leaves them no place.

**What.** Pods with a topology spread constraint `whenUnsatisfiable: DoNotSchedule` that, with one node
drained and nothing put in its place, no other node may take: any would be too full of them (maxSkew), or
there are fewer domains than minDomains. A drained node is cordoned, but still counts as an empty domain
unless `nodeTaintsPolicy: Honor` is set.

**Why.** They wait until the node is back or gone. A budget over them may then hold up the next drain.

**How to fix.** Let the node group add a node first (surge); set `nodeTaintsPolicy: Honor`, so that cordoned
nodes do not count; raise maxSkew; or use ScheduleAnyway.

**Source.** kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints.
"""

from __future__ import annotations

from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.placement.drain import Obstacle
from seatrial.checks.placement.homeless import BRINGS, READS, stranded, workload_of
from seatrial.checks.wording import named, qualified
from seatrial.cluster.ownership import owner_of


@check(id="spread-without-a-node", title="Strict spread leaves drained pods no place", reads=READS)
def spread_without_a_node(check: Check, context: Context) -> Found:
    for group in stranded(context, frozenset({Obstacle.SPREAD}), workload_of):
        first = group.pods[0]
        namespace, kind, name = workload_of(first)
        rules = [
            f"{each.topology_key} (maxSkew {each.max_skew}"
            + (f", minDomains {each.min_domains})" if each.min_domains else ")")
            for each in first.pod.spec.topology_spread_constraints
            if each.when_unsatisfiable == "DoNotSchedule"
        ]
        yield check.finding(
            group.severity,
            f"{qualified(namespace, name)} ({kind}) is spread over {' and '.join(rules)}, DoNotSchedule."
            f" While {named(group.nodes, most=3)} {'is' if len(group.nodes) == 1 else 'are'} drained, no"
            " other"
            f" node may take its pod.{BRINGS[group.replacement]}",
            objects=[each.pod.ref for each in group.pods],
            owner=owner_of(first.pod.metadata),
            fix="Add a node before draining (surge), set nodeTaintsPolicy: Honor, or raise maxSkew.",
            source="topologySpreadConstraints, drain simulated node by node",
        )
