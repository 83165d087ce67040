"""What is advised when a file cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.errors import BadInput
from seatrial.whole_file import write_whole


def test_a_missing_folder_is_told_from_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as missing:
        write_whole(tmp_path / "none" / "x", b"")
    assert missing.value.next_step == "Correct the path: its folder must exist."
    if Path("/dev/full").exists():
        with pytest.raises(BadInput) as full:
            write_whole(Path("/dev/full"), b"x" * 100)
        assert full.value.next_step == "Free some space, or name another place."
