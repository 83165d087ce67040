"""What the models of the fleet file share: how fields are spelt, and the small texts in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from seatrial.errors import BadInput
from seatrial.fleet.durations import DURATION_PATTERN, parse_duration

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")]
Text = Annotated[str, Field(min_length=1)]


def _checked(text: str) -> str:
    try:
        parse_duration(text)
    except BadInput as error:  # pydantic collects only its own and ValueError
        raise ValueError(str(error)) from None
    return text


Duration = Annotated[
    str,
    AfterValidator(_checked),
    Field(json_schema_extra={"pattern": DURATION_PATTERN}),
]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


SPELT = ConfigDict(
    frozen=True,
    extra="forbid",
    populate_by_name=True,
    alias_generator=_camel,
    use_attribute_docstrings=True,
)


class Written(BaseModel):
    model_config = SPELT
