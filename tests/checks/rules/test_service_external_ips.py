"""Services with external IPs."""

from tests.builders import a_service, a_snapshot
from tests.checks.corpus import Case

from seatrial.cluster.version import Minor

CHECK = "service-external-ips"
EXPOSED = a_service("edge", externalIPs=["203.0.113.7"])
CASES = (
    Case(check=CHECK, name="an external IP", severities=("info",), snapshot=a_snapshot(EXPOSED)),
    Case(
        check=CHECK,
        name="a target that does not deprecate it",
        severities=(),
        snapshot=a_snapshot(EXPOSED, version="v1.34.1"),
        target=Minor(1, 35),
    ),
    Case(
        check=CHECK,
        name="an external name and a load balancer",
        severities=(),
        snapshot=a_snapshot(
            a_service("name", type="ExternalName", externalName="db.example.org"),
            a_service("lb", type="LoadBalancer", loadBalancerIP="203.0.113.7"),
        ),
    ),
    Case(check=CHECK, name="an empty cluster", severities=(), snapshot=a_snapshot()),
    Case(
        check=CHECK,
        name="a manifest",
        severities=("info",),
        files="""
apiVersion: v1
kind: Service
metadata: {name: edge}
spec: {externalIPs: [203.0.113.7], ports: [{port: 80}]}
""",
    ),
)
