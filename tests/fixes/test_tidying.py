"""Images of a frozen registry and labels that were renamed are changed where they are written."""

from __future__ import annotations

from textwrap import dedent

from seatrial.cluster.version import Minor
from seatrial.fixes import fix_file
from seatrial.fixes.document import REWRITES
from seatrial.fixes.tidying import TIDYINGS

ALL = frozenset(TIDYINGS) | REWRITES
BEFORE = dedent(
    """\
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          nodeSelector:
            beta.kubernetes.io/os: linux   # only there
          affinity:
            podAntiAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
              - topologyKey: failure-domain.beta.kubernetes.io/zone
          containers:
          - name: pause
            image: "k8s.gcr.io/pause:3.9" # small
          - name: other
            image: example.com/k8s.gcr.io/pause:3.9
    """
)
AFTER = (
    BEFORE.replace("beta.kubernetes.io/os:", "kubernetes.io/os:")
    .replace("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone")
    .replace('"k8s.gcr.io/', '"registry.k8s.io/')
)


def test_only_what_is_surely_right_changes_and_the_rest_stays_as_written() -> None:
    assert fix_file(BEFORE, "f", Minor(1, 36), ALL).after == AFTER
    assert fix_file(AFTER, "f", Minor(1, 36), ALL).fixed == ()


def test_edits_of_checks_that_did_not_run_are_not_made() -> None:
    assert fix_file(BEFORE, "f", Minor(1, 36)).after == BEFORE
    only = fix_file(BEFORE, "f", Minor(1, 36), frozenset({"image-registry-ended"}))
    assert only.after == BEFORE.replace('"k8s.gcr.io/', '"registry.k8s.io/')
    assert [each.notes for each in only.fixed] == [
        ("k8s.gcr.io/pause:3.9 is taken from registry.k8s.io: look that the tag is there.",)
    ]


def test_a_removed_version_and_its_template_change_together() -> None:
    old = BEFORE.replace("apps/v1", "apps/v1beta2").replace(
        "  template:\n", "  selector: {matchLabels: {app: web}}\n  template:\n"
    )
    new = AFTER.replace("  template:\n", "  selector: {matchLabels: {app: web}}\n  template:\n")
    assert fix_file(old, "f", Minor(1, 36), ALL).after == new
