from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from seatrial.charts.chart_files import digest, read_chart_files
from seatrial.charts.read_chart import read_chart, read_crds
from seatrial.errors import BadInput, NotFound
from seatrial.fleet.chart_info import ChartCrd, ChartDependency, ChartInfo

CHART = b'apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: "2"\nkubeVersion: ">=1.27.0-0"\n'
CRD = b"""apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  versions:
    - {name: v1, served: true, storage: true}
    - {name: v1alpha1, served: false, storage: false}
"""


def archive(files: dict[str, bytes], *, kind: bytes = tarfile.REGTYPE) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            member.type = kind if not name.endswith("Chart.yaml") else tarfile.REGTYPE
            member.size = len(content) if member.type == tarfile.REGTYPE else 0
            member.linkname = "/etc/passwd"
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def file(root: Path, content: bytes) -> Path:
    path = root / "chart.tgz"
    path.write_bytes(content)
    return path


def test_chart_tells_its_crds_hooks_and_dependencies(tmp_path: Path) -> None:
    chart = folder(
        tmp_path,
        {
            "Chart.yaml": CHART
            + b"dependencies:\n  - {name: db, version: ^1.0, condition: db.enabled}\n"
            + b"  - {name: lost, version: '2'}\n",
            "crds/things.yaml": CRD,
            "templates/crds/other.yaml": CRD.replace(b"things", b"others"),
            "templates/job.yaml": b'annotations:\n  "helm.sh/hook": pre-install, "post-upgrade"\n'
            b"  helm.sh/hook-weight: '5'\n",
            "templates/tests/test.yaml": b"helm.sh/hook: test\n",
            "charts/db-1.2.0.tgz": archive(
                {
                    "db/Chart.yaml": b"name: db\nversion: 1.2.0\n",
                    "db/crds/dbs.yaml": CRD.replace(b"things", b"dbs"),
                    "db/templates/a.yaml": b"helm.sh/hook: {{ .Values.when }}\n",
                }
            ),
        },
    )
    assert read_chart(chart) == ChartInfo(
        name="web",
        version="1.2.3",
        digest=digest(read_chart_files(chart)),
        app_version="2",
        kube_version=">=1.27.0-0",
        crds=(
            ChartCrd("dbs.example.com", ("v1", "v1alpha1"), ("v1",), "v1"),
            ChartCrd("things.example.com", ("v1", "v1alpha1"), ("v1",), "v1"),
        ),
        hooks=("post-upgrade", "pre-install", "templated", "test"),
        dependencies=(
            ChartDependency("db", "^1.0", "db.enabled", True),
            ChartDependency("lost", "2", "", False),
        ),
    )
    assert read_chart(chart).waits_in_helm
    assert read_chart(chart).missing_dependencies == ("lost",)
    assert [crd["metadata"]["name"] for crd in read_crds(chart)] == ["dbs.example.com", "things.example.com"]


def test_version_is_told_as_written_for_helm_records_it_so(tmp_path: Path) -> None:
    chart = folder(tmp_path, {"Chart.yaml": CHART.replace(b"1.2.3", b"v1.2.3+build.7")})
    assert read_chart(chart).version == "v1.2.3+build.7"


def test_folder_and_archive_have_one_digest_and_a_change_has_another(tmp_path: Path) -> None:
    files = {"Chart.yaml": CHART, "templates/a.yaml": b"a: 1\n", "values.yaml": b"x: 1\n"}
    whole = folder(tmp_path / "whole", files)
    reordered = b"version: 1.2.3\nname: web\nkubeVersion: '>=1.27.0-0'\nappVersion: 2\napiVersion: v2\n"
    packed = archive({f"web/{name}": content for name, content in {**files, "Chart.yaml": reordered}.items()})
    windows = folder(
        tmp_path / "windows", {name: text.replace(b"\n", b"\r\n") for name, text in files.items()}
    )
    changed = folder(tmp_path / "changed", {**files, "values.yaml": b"x: 2\n"})
    same = read_chart(whole).digest
    assert read_chart(file(tmp_path, packed)).digest == same
    assert read_chart(windows).digest == same
    assert read_chart(changed).digest != same


def test_ignored_files_do_not_count(tmp_path: Path) -> None:
    files = {".helmignore": b"# comment\n*.tmp\n.git/\n/docs/*.md\n", "Chart.yaml": CHART}
    extra = {"a.tmp": b"1", ".git/HEAD": b"1", "docs/x.md": b"1"}
    assert list(read_chart_files(folder(tmp_path, {**files, **extra}))) == [".helmignore", "Chart.yaml"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not a tar", "not a chart archive"),
        (archive({"web/Chart.yaml": CHART})[:-30], "damaged"),
        (archive({"web/Chart.yaml": CHART, "web/../../etc/cron.d/x": b""}), "outside the chart"),
        (archive({"web/Chart.yaml": CHART, "/etc/cron.d/x": b""}), "outside the chart"),
        (archive({"web/Chart.yaml": CHART, "web/a": b""}, kind=tarfile.SYMTYPE), "not a plain file"),
        (archive({"web/Chart.yaml": CHART, "web/a": b"0" * (17 << 20)}), "larger than 16 MiB"),
        (archive({f"web/{n}": b"0" * (15 << 20) for n in range(5)}), "64 MiB"),
        (archive({"web/values.yaml": b""}), "no Chart.yaml"),
    ],
)
def test_archive_that_is_not_a_sane_chart_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_chart(file(tmp_path, content))


def test_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("CANARY")
    chart = folder(tmp_path / "chart", {"Chart.yaml": CHART})
    (chart / "values.yaml").symlink_to(tmp_path / "secret")
    with pytest.raises(BadInput, match="link that leaves"):
        read_chart(chart)


def test_link_to_a_folder_elsewhere_is_refused(tmp_path: Path) -> None:
    """Helm would read what lies there as files of the chart."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "id_rsa").write_text("CANARY")
    chart = folder(tmp_path / "chart", {"Chart.yaml": CHART})
    (chart / "files").symlink_to(tmp_path / "home")
    with pytest.raises(BadInput, match="link that leaves"):
        read_chart(chart)


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    chart = folder(tmp_path / "chart", {"Chart.yaml": CHART})
    (chart / "a").symlink_to(chart / "b")
    (chart / "b").symlink_to(chart / "a")
    with pytest.raises(BadInput, match="link that leaves"):
        read_chart(chart)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_header_that_explodes_is_not_read_to_its_end(
    tmp_path: Path, kind: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tarfile reads such headers into memory by itself, before anybody sees a member."""
    monkeypatch.setattr("seatrial.charts.chart_files._LARGEST_ARCHIVE", 1 << 20)
    header = tarfile.TarInfo("web/name")
    header.type, header.size = kind, 8 << 20
    bomb = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + b"0" * header.size)
    assert len(bomb) < 1 << 16
    with pytest.raises(BadInput, match="unpacks to more than"):
        read_chart(file(tmp_path, bomb))


@pytest.mark.parametrize("text", [b"a: [", b"- list\n", b"name: web\n", b"\xff\xfe"])
def test_chart_yaml_that_cannot_be_used_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(BadInput, match=r"Chart\.yaml"):
        read_chart(folder(tmp_path, {"Chart.yaml": text}))


def test_chart_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_chart(tmp_path / "nothing")


def test_crds_that_are_not_yaml_name_the_file(tmp_path: Path) -> None:
    chart = folder(tmp_path, {"Chart.yaml": CHART, "crds/bad.yaml": b"a: ["})
    with pytest.raises(BadInput) as refused:
        read_chart(chart)
    assert refused.value.where.endswith("crds/bad.yaml")
