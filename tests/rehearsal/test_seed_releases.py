"""What is written as Helm's record of a release on a twin."""

from __future__ import annotations

from seatrial.rehearsal.seed_releases import without_hooks

RENDERED = """---
# Source: web/templates/hook.yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}
---
# nothing but a comment
--- # Source: web/templates/map.yaml
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes:
  - {name: scripts, configMap: {name: web, defaultMode: 0755}}
"""


def test_hooks_are_left_out_and_the_rest_stays_as_it_was_written() -> None:
    (pod,) = without_hooks(RENDERED).split("---\n")[1:]
    assert "migrate" not in pod
    assert "defaultMode: 0755}" in pod  # to Helm's YAML 1.1 a number: 493
