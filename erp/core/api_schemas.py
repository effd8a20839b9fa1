"""Which shapes do all answers of the REST API share?"""

from __future__ import annotations

from typing import Any

from ninja import Field, Schema
from pydantic import ConfigDict


class Said(Schema):
    """What we answer: no field that is not in the document."""

    model_config = ConfigDict(extra="forbid")


class Asked(Schema):
    """What we are sent: a field that means nothing here is refused rather than dropped."""

    model_config = ConfigDict(extra="forbid")


class Wrong(Schema):
    """One field at fault."""

    field: str
    message: str
    code: str


class Problem(Schema):
    """A refusal (RFC 9457): what, where and the remedy."""

    type: str = Field("about:blank", description="`code` says which problem it is.")
    title: str = Field(description="One sentence for people.")
    status: int
    instance: str = Field(description="The address that was asked.")
    code: str = Field(description="Stable, for programs.")
    field: str = Field(
        "", description="The field, header or parameter at fault, such as `lines[2].quantity`."
    )
    remedy: str = Field("", description="What to do instead.")
    message: str = Field("", description="As `title`, without the field.")
    detail: dict[str, Any] = Field(default_factory=dict, description="Figures, such as what there is.")
    errors: list[Wrong] = Field(
        default_factory=list, description="All fields at fault, if more than one was looked at."
    )


class Reason(Asked):
    """Why somebody does it."""

    reason: str = Field(min_length=1, max_length=300)


class Page(Said):
    """The end of a page of a list."""

    next: str | None = Field(description="Address of the next page; null on the last one.")
    next_cursor: str | None = Field(description="`after` of the next page; null on the last one.")
