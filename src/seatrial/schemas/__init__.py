"""The published schemas of every Kubernetes minor, and what can be done with an object given its schema."""

from seatrial.schemas.apply import ApplyConflict, FieldConflict, server_side_apply
from seatrial.schemas.copying import clone
from seatrial.schemas.defaults import apply_defaults
from seatrial.schemas.document_v2 import openapi_v2
from seatrial.schemas.document_v3 import ServedKind, openapi_v3, openapi_v3_index
from seatrial.schemas.kind import KindSchema
from seatrial.schemas.managed_fields import track_update
from seatrial.schemas.node import Node
from seatrial.schemas.patch_json import PatchDoesNotApply, json_patch
from seatrial.schemas.patch_merge import merge_patch
from seatrial.schemas.patch_strategic import strategic_merge_patch
from seatrial.schemas.published import Schemas, published_minors, schemas_for
from seatrial.schemas.unknown_fields import (
    drop_unknown,
    field_warnings,
    strict_decoding_error,
    unknown_fields,
)
from seatrial.schemas.validation import FieldError, validate

prune = drop_unknown

__all__ = [
    "ApplyConflict",
    "FieldConflict",
    "FieldError",
    "KindSchema",
    "Node",
    "PatchDoesNotApply",
    "Schemas",
    "ServedKind",
    "apply_defaults",
    "clone",
    "drop_unknown",
    "field_warnings",
    "json_patch",
    "merge_patch",
    "openapi_v2",
    "openapi_v3",
    "openapi_v3_index",
    "prune",
    "published_minors",
    "schemas_for",
    "server_side_apply",
    "strategic_merge_patch",
    "strict_decoding_error",
    "track_update",
    "unknown_fields",
    "validate",
]
