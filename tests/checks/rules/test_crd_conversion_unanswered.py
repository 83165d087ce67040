"""Conversion webhooks that do not answer."""

from dataclasses import replace

from tests.builders import a_service, a_snapshot, endpoints_of
from tests.checks.corpus import Case
from tests.checks.rules.custom_definitions import a_definition

from seatrial.cluster.objects import GroupVersionResource
from seatrial.cluster.snapshot import ResourceList, Snapshot, Unread, UnreadReason

CHECK = "crd-conversion-unanswered"
TWO = (("v1", "served storage"), ("v1beta1", "served"))
HOOK = ("shop", "convert")
SERVICE, READY = a_service("convert"), endpoints_of("convert")
SHIPS = ResourceList(GroupVersionResource("example.org", "v1", "ships"), "Ship", namespaced=True)


def with_list(snapshot: Snapshot) -> Snapshot:
    """The custom resources were read, and there are none."""
    return replace(snapshot, resources=(*snapshot.resources, SHIPS))


CASES = (
    Case(
        check=CHECK,
        name="a conversion service that does not exist, for two definitions",
        severities=("blocker",),
        snapshot=a_snapshot(
            a_definition(versions=TWO, service=HOOK),
            a_definition("ports.example.org", kind="Port", versions=TWO, service=HOOK),
        ),
    ),
    Case(
        check=CHECK,
        name="a conversion service without ready endpoints",
        severities=("blocker",),
        snapshot=a_snapshot(
            a_definition(versions=TWO, service=HOOK), SERVICE, endpoints_of("convert", ready=[False])
        ),
    ),
    Case(
        check=CHECK,
        name="a single version, which nothing converts",
        severities=("warning",),
        snapshot=a_snapshot(a_definition(service=HOOK)),
    ),
    Case(
        check=CHECK,
        name="a webhook without a certificate authority",
        severities=("warning",),
        snapshot=a_snapshot(a_definition(versions=TWO, service=HOOK, ca=""), SERVICE, READY),
    ),
    Case(
        check=CHECK,
        name="a webhook that answers",
        severities=(),
        snapshot=a_snapshot(a_definition(versions=TWO, service=HOOK), SERVICE, READY),
    ),
    Case(
        check=CHECK,
        name="definitions without a webhook",
        severities=(),
        snapshot=a_snapshot(a_definition(versions=TWO)),
    ),
    Case(
        check=CHECK,
        name="definitions that software left behind, without an object",
        severities=("warning",),
        snapshot=with_list(a_snapshot(a_definition(versions=TWO, service=HOOK))),
    ),
    Case(
        check=CHECK,
        name="a list of such objects that could not be read",
        severities=("blocker",),
        snapshot=replace(
            with_list(a_snapshot(a_definition(versions=TWO, service=HOOK))),
            unread=(Unread(gvr=SHIPS.gvr, reason=UnreadReason.FAILED),),
        ),
    ),
    Case(check=CHECK, name="a cluster without definitions", severities=(), snapshot=a_snapshot()),
)
