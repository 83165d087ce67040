"""The happy path: what a small team can use freely, with care, or had better avoid, and what instead.

The policy of a four-person startup that keeps Kubernetes boring: Deployments, Services, ConfigMaps,
Secrets, CronJobs and Jobs; no state in the cluster, no operators, fast feedback. Teams decide otherwise
in their fleet file.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

import msgspec

from seatrial.catalog.tables import read_table


class Verdict(StrEnum):
    FREE = "free"
    CARE = "care"
    AVOID = "avoid"


class Thing(StrEnum):
    """What a team may decide about; everything else is used freely."""

    ROLES = "roles"
    INGRESS = "ingress"
    STATEFUL_SETS = "stateful-sets"
    PERSISTENT_VOLUMES = "persistent-volumes"
    CONTROL_PLANE_CLIENTS = "control-plane-clients"
    CRDS = "crds"
    OPERATORS = "operators"
    HELM_OWN_CODE = "helm-own-code"
    STATE = "state"
    WAITING_FOR_PODS = "waiting-for-pods"


class Guideline(msgspec.Struct, frozen=True):
    thing: Thing
    verdict: Verdict
    what: str
    why: str
    instead: str


@cache
def guidelines() -> dict[Thing, Guideline]:
    """In the order in which the page of the happy path has them."""
    return {
        Thing(row["thing"]): Guideline(
            thing=Thing(row["thing"]),
            verdict=Verdict(row["verdict"]),
            what=row["what"],
            why=row["why"],
            instead=row["instead"],
        )
        for row in read_table("happy-path").rows
    }
