from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from tests.charts.records import MANIFEST, config_map, record, secret, stored_release

from seatrial.cluster.helm_release import (
    BrokenRecord,
    ChartName,
    ReleaseHook,
    ReleaseRecord,
    ReleaseStatus,
    decode_release,
    manifest_objects,
    read_releases,
)
from seatrial.cluster.objects import ObjectRef
from seatrial.cluster.release_state import Absent, Deployed, Failed, Pending, deployed, release_state
from seatrial.errors import BadFormat


def test_secret_and_config_map_hold_the_same_release() -> None:
    hooks = [
        {
            "name": "migrate",
            "kind": "Job",
            "path": "web/templates/job.yaml",
            "manifest": "apiVersion: batch/v1\nkind: Job\n",
            "events": ["pre-upgrade"],
        }
    ]
    stored = stored_release(config={"password": "CANARY"}, hooks=hooks)
    expected = ReleaseRecord(
        name="web",
        namespace="shop",
        revision=1,
        status=ReleaseStatus.DEPLOYED,
        chart=ChartName("web", "1.2.3", "9.9", ">=1.25.0-0"),
        objects=(
            ObjectRef("v1", "Secret", "", "web"),
            ObjectRef("apps/v1", "Deployment", "elsewhere", "web"),
        ),
        hooks=(ReleaseHook("migrate", "Job", "batch/v1", ("pre-upgrade",)),),
        has_values=True,
        updated="2026-01-02T03:04:05Z",
        manifest=MANIFEST,
        storage="ConfigMap",
    )
    assert decode_release(config_map(stored)) == expected
    assert decode_release(secret(stored)).storage == "Secret"
    assert decode_release(secret(stored)).objects == expected.objects


def test_record_shows_neither_manifest_nor_values() -> None:
    found = decode_release(secret(stored_release(config={"password": "CANARY-other"})))
    assert "CANARY" not in f"{found} {found!r} {found.without_secrets()!r}"
    assert found.without_secrets().manifest == ""
    assert found.without_secrets().objects == found.objects


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "no `release` key"),
        ("***", "encoding is damaged"),
        (base64.b64encode(base64.b64encode(b"\x1f\x8bnot gzip")).decode(), "encoding is damaged"),
        (base64.b64encode(base64.b64encode(gzip.compress(b"x" * 100, mtime=0)[:-12])).decode(), "cut off"),
        (base64.b64encode(base64.b64encode(gzip.compress(b"{}", mtime=0))).decode(), "lacks a field"),
        (base64.b64encode(base64.b64encode(gzip.compress(b'{"name": 3', mtime=0))).decode(), "lacks a field"),
        ("A" * (5 << 20), "larger than a cluster can store"),
    ],
    ids=["no-key", "not-base64", "not-gzip", "cut-off", "empty", "half-json", "too-large"],
)
def test_broken_record_is_reported_and_the_others_are_read(data: Any, why: str) -> None:
    broken = record("Secret", data, stored_release("broken"))
    records, problems = read_releases([broken, secret(stored_release()), {"kind": "Pod"}])
    assert [each.name for each in records] == ["web"]
    (problem,) = problems
    assert isinstance(problem, BrokenRecord)
    assert problem.ref.name == "sh.helm.release.v1.broken.v1"
    assert why in problem.why


def test_record_that_unpacks_without_end_is_refused() -> None:
    bomb = base64.b64encode(base64.b64encode(gzip.compress(b"0" * (40 << 20)))).decode()
    with pytest.raises(BadFormat, match="more than 32 MiB"):
        decode_release(record("Secret", bomb, stored_release()))


def test_manifest_that_is_not_yaml_leaves_the_rest_readable() -> None:
    found = decode_release(secret(stored_release(manifest="a: [")))
    assert (found.objects, found.unreadable) == ((), "the rendered manifest is not valid YAML.")
    assert found.chart.version == "1.2.3"


def test_key_given_twice_does_not_hide_the_objects() -> None:
    doubled = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {}\ndata: {}\n"
    assert decode_release(secret(stored_release(manifest=doubled))).objects[0].name == "a"


def test_words_mean_in_a_manifest_what_they_mean_to_kubectl() -> None:
    (one, two) = manifest_objects("kind: A\nspec: {on: yes}\n---\nkind: B\nkind: B\nmode: 0644\nsaid: 'no'\n")
    assert one == {"kind": "A", "spec": {"on": True}}
    assert two == {"kind": "B", "mode": 420, "said": "no"}


def test_status_that_a_newer_helm_invents_is_unknown() -> None:
    assert decode_release(secret(stored_release(status="dreaming"))).status is ReleaseStatus.UNKNOWN


def _history(*statuses: str) -> tuple[ReleaseRecord, ...]:
    releases = [
        secret(stored_release(revision=at, status=status, version=f"1.0.{at}"))
        for at, status in enumerate(statuses, 1)
    ]
    return read_releases(reversed(releases))[0]


@pytest.mark.parametrize(
    ("statuses", "state", "current"),
    [
        ((), Absent(), None),
        (("deployed",), Deployed("1.0.1", 1), 1),
        (("superseded", "deployed"), Deployed("1.0.2", 2), 2),
        (("superseded", "deployed", "failed"), Failed("1.0.3", 3, 2), 2),
        (("failed",), Failed("1.0.1", 1, 0), 1),
        (("deployed", "pending-upgrade"), Pending("1.0.2", 2, ReleaseStatus.PENDING_UPGRADE, 1), 1),
        (("pending-install",), Pending("1.0.1", 1, ReleaseStatus.PENDING_INSTALL, 0), None),
        (("superseded", "uninstalled"), Absent(), None),
        (("deployed", "deployed"), Deployed("1.0.2", 2), 2),
    ],
)
def test_state_of_a_release_follows_from_its_history(
    statuses: tuple[str, ...], state: object, current: int | None
) -> None:
    history = _history(*statuses)
    assert release_state(history) == state
    assert [each.revision for each in deployed(history)] == ([current] if current else [])


def test_tenth_revision_comes_after_the_ninth() -> None:
    history = _history(*["superseded"] * 9, "deployed")
    assert [each.revision for each in history] == list(range(1, 11))
