"""An aggregated API does not answer.

**What.** APIServices that are answered by a Service in the cluster and whose condition Available is not
True. While that is not five minutes old it only warns: the pods behind it may just be replaced.

**Why.** Discovery and the deletion of any namespace ask every API; one that does not answer makes both
fail or hang. So do upgrade jobs, garbage collection and clients that list everything. An upgrade
restarts the pods behind it, and rarely makes it better.

**How to fix.** Bring the backing Service back, or delete the APIService if its software is gone.

**Source.** kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer; kubernetes issue
83332.
"""

from __future__ import annotations

from datetime import timedelta

from seatrial.checks.ages import age
from seatrial.checks.check import Check, Context, Found, check
from seatrial.checks.wording import qualified
from seatrial.cluster.findings import Severity
from seatrial.cluster.foreign_text import fit_to_show
from seatrial.cluster.models import APIService
from seatrial.cluster.ownership import Owner, owner_of

_PATIENCE = timedelta(minutes=5)


@check(id="api-service-unavailable", title="An aggregated API does not answer", reads=(APIService,))
def api_service_unavailable(check: Check, context: Context) -> Found:
    # one dead Service often stands behind several versions: that is one cause
    dead: dict[tuple[str, str], list[APIService]] = {}
    for api in context.read(APIService):
        service = api.spec.service
        if service is None:
            continue  # the API server answers it itself
        available = api.available
        if available is None or available.status != "True":
            dead.setdefault((service.namespace, service.name), []).append(api)
    for (namespace, name), apis in dead.items():
        condition = apis[0].available
        if condition is None:
            why = "it has not reported yet"
        elif context.snapshot.meta.portable:  # messages are tokens there
            why = condition.reason
        else:
            why = fit_to_show(condition.message) or condition.reason
        just_now = all(_is_fresh(context, api) for api in apis)
        yield check.finding(
            Severity.WARNING if just_now else Severity.BLOCKER,
            f"{', '.join(api.name for api in apis)} is served by Service {qualified(namespace, name)},"
            f" which is not available: {why.rstrip('.') or 'no reason given'}."
            + (" That is only minutes old: look again." if just_now else ""),
            objects=[api.ref for api in apis],
            owner=_owner(apis),
            fix=f"Repair what runs behind Service {qualified(namespace, name)}, or delete the APIService"
            " if that software is gone.",
            source="APIService condition Available",
        )


def _is_fresh(context: Context, api: APIService) -> bool:
    since = age(context, api.available.last_transition_time) if api.available else None
    return since is not None and since < _PATIENCE


def _owner(apis: list[APIService]) -> Owner | None:
    return next((owner for owner in (owner_of(api.metadata) for api in apis) if owner), None)
