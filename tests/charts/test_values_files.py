from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.charts import read_values, values_digest
from seatrial.errors import BadInput


def test_values_are_read_in_order_and_digested_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"a: 1\n")
    (tmp_path / "b.yaml").write_bytes(b"b: 2\r\n")
    both = read_values([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert both == (b"a: 1\n", b"b: 2\r\n")
    assert values_digest(both) == values_digest([b"a: 1\n", b"b: 2\n"])
    assert values_digest(both) != values_digest(both[::-1])
    assert values_digest([]) == ""


def test_values_file_that_is_missing_or_too_large_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_values([tmp_path / "none.yaml"])
    with pytest.raises(BadInput) as given:
        read_values([tmp_path / "none.yaml"], named_in="of --values")
    assert given.value.next_step == "Correct the path of --values."
    (tmp_path / "big.yaml").write_bytes(b"#" * (5 << 20))
    with pytest.raises(BadInput, match="larger than 4 MiB"):
        read_values([tmp_path / "big.yaml"])
