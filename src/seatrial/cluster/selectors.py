"""Label selectors as the API defines them (meta/v1 LabelSelector and the query-string form)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatrial.errors import BadInput
