"""Which refusals can a service make, and what must each of them tell the person who was refused?

Every domain error says what was refused, names the field (or row) at fault and the remedy. Edges turn them into
a form error, an API problem or an exception case; they are never swallowed.
"""

from __future__ import annotations

from typing import Any


class KeelError(Exception):
    """A refusal by the domain. `code` is stable and machine-readable; `status` is the HTTP answer at the API edge."""

    code = "refused"
    status = 409
    is_recorded = False  # a service that kept the raw input of what it refuses says so, or the edge keeps it

    def __init__(self, message: str, *, field: str = "", remedy: str = "", **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy
        self.detail = detail

    def as_text(self) -> str:
        """This function will return the error as people read it: what, where and the remedy."""
        where = f" [{self.field}]" if self.field else ""
        return f"{self.message.rstrip('.')}{where}. {self.remedy}".strip()

    def as_dict(self) -> dict[str, Any]:
        """This function will return the error as the API and the exception desk show it."""
        return {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "remedy": self.remedy,
            **({"detail": self.detail} if self.detail else {}),
        }


class InvalidInput(KeelError):
    """A value from outside that cannot be accepted: wrong type, out of range, unknown reference."""

    code = "invalid_input"
    status = 422


class NotFound(KeelError):
    """A reference to a record that does not exist, or that the actor may not see."""

    code = "not_found"
    status = 404


class IllegalTransition(KeelError):
    """A state change that the document's transition table or its guard does not allow."""

    code = "illegal_transition"


class Conflict(KeelError):
    """The same key arrived again with another content, or someone else changed the record first."""

    code = "conflict"


class PermissionRefused(KeelError):
    """The actor's role or limit does not cover the action."""

    code = "permission_refused"
    status = 403


class LostUpdate(Conflict):
    """Somebody else changed the rows between looking and writing; the whole transaction is undone."""

    code = "lost_update"
