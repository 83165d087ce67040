"""The tables of what changes besides APIs: each fact is readable, in order, and has a source."""

import pytest

from seatrial.catalog import releases
from seatrial.catalog.compatibility import addon_compatibility, newer_that_covers, rows_of
from seatrial.catalog.coredns import coredns_plugins
from seatrial.catalog.images import image_moves, retired_components
from seatrial.catalog.in_tree_volumes import in_tree_volumes
from seatrial.catalog.labels import legacy_labels
from seatrial.catalog.metric_changes import metric_changes, words_of, words_that_matter
from seatrial.catalog.regressions import regressions
from seatrial.catalog.tables import read_table
from seatrial.catalog.turning_points import turning_point, turning_points
from seatrial.cluster.models.pods import Volume
from seatrial.cluster.models.storage import VolumeSpec
from seatrial.cluster.version import Minor

TABLES = (
    *("addon-compatibility", "coredns-plugins", "image-moves", "in-tree-volumes", "known-regressions"),
    *("legacy-labels", "metric-changes", "retired-components", "turning-points"),
)


@pytest.mark.parametrize("table", TABLES)
def test_every_fact_has_its_source(table: str) -> None:
    assert [row for row in read_table(table).rows if not row["source"]] == []


def test_ids_and_keys_are_unique() -> None:
    assert len({each.id for each in turning_points()}) == len(turning_points())
    assert len(coredns_plugins()) == len(read_table("coredns-plugins").rows)
    assert len(legacy_labels()) == len(read_table("legacy-labels").rows)


def test_turning_points_of_one_feature_come_in_order() -> None:
    assert turning_point("git-repo-off").minor < turning_point("git-repo-locked").minor
    ways_out = [turning_point(f"external-ips-{each}").minor for each in ("deprecated", "off", "gone")]
    assert ways_out == sorted(ways_out)


def test_a_range_of_an_addon_starts_before_it_ends() -> None:
    for row in addon_compatibility():
        assert row.oldest is None or row.newest is None or row.oldest <= row.newest, row


def test_an_image_is_known_behind_any_mirror_and_not_by_a_part_of_its_name() -> None:
    assert {row.component for row in rows_of("mirror/quay/jetstack/cert-manager-controller")} == {
        "cert-manager"
    }
    assert rows_of("notjetstack/cert-manager-controller") == ()
    assert rows_of("jetstack/cert-manager-controller-x") == ()


def test_newest_version_of_an_addon_for_a_minor_is_named_or_none() -> None:
    assert newer_that_covers("cert-manager", Minor(1, 35)) == "~1.21.0"
    assert newer_that_covers("cert-manager", Minor(1, 99)) == ""


@pytest.mark.parametrize("kind", in_tree_volumes(), ids=lambda kind: kind.field)
def test_each_volume_type_is_a_field_of_our_types_and_is_redirected_or_gone(kind: object) -> None:
    assert hasattr(Volume(), kind.attribute)  # type: ignore[attr-defined]
    assert hasattr(VolumeSpec(), kind.attribute)  # type: ignore[attr-defined]
    assert bool(kind.csi_driver) is (kind.redirected is not None) is (kind.removed is None)  # type: ignore[attr-defined]


def test_a_metric_is_deprecated_before_it_is_gone() -> None:
    for change in metric_changes():
        assert change.deprecated or change.gone, change
        assert change.deprecated is None or change.gone is None or change.deprecated <= change.gone, change


def test_words_of_an_expression_are_whole_names() -> None:
    expression = 'sum by (type) (rate(etcd_request_duration_seconds_bucket{job="my-etcd"}[5m]))'
    assert words_of(expression) & words_that_matter() == {"type", "etcd_request_duration_seconds_bucket"}


def test_a_regression_is_mended_in_a_patch_of_its_minor_that_is_out() -> None:
    for each in regressions():
        newest = releases().of(each.minor).latest_patch
        assert each.fixed.line == each.minor
        assert each.fixed.patch > 0
        assert newest is not None
        assert each.fixed <= newest, each


def test_places_of_images_end_with_a_slash_and_components_name_their_image() -> None:
    assert [each.prefix for each in image_moves() if not each.prefix.endswith("/")] == []
    assert all(each.images and each.replacement for each in retired_components())
