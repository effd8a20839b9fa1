"""Was this request made before, and what was answered then?

The first answer to a keyed request is kept and given to every repeat of it. The key is claimed in a
transaction of its own before the work begins; a claim whose worker died lapses with its lease, and the
domain's own unique keys keep the effect single.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from erp.core.errors import Conflict, InvalidInput
from erp.core.sql import execute, query
from erp.core.text import storable

LEASE = timedelta(
    seconds=20
)  # longer than a request takes; the wait of a client whose server died in the middle
KEY_LENGTH = 255


class KeyInFlight(Conflict):
    """The first request with this key is still being worked on."""

    code = "idempotency_key_in_flight"


class KeyReused(InvalidInput):
    """The key came again with another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered to the first request with the key."""

    status: int
    body: str


def idempotency_begin(*, client: str, key: str, request_hash: str, at: datetime) -> KeptAnswer | None:
    """This function will claim a key for this request (None), or return the answer that the first request got.

    KeyReused when the first request was another one, KeyInFlight while it is being worked on, InvalidInput
    for a key that is empty or too long.
    """
    if not key.strip() or len(key) > KEY_LENGTH or key != storable(key):
        raise InvalidInput(
            f"an idempotency key has 1 to {KEY_LENGTH} characters",
            field="Idempotency-Key",
            remedy="Send a UUID.",
        )
    claimed = query(
        "INSERT INTO core_idempotencykey (client, key, request_hash, state, lease_until, response_body, created_at) "
        "VALUES (%s, %s, %s, 'IN_PROGRESS', %s, '', %s) ON CONFLICT (client, key) DO UPDATE "
        "SET lease_until = excluded.lease_until WHERE core_idempotencykey.state = 'IN_PROGRESS' "
        "AND core_idempotencykey.request_hash = excluded.request_hash AND core_idempotencykey.lease_until < %s "
        "RETURNING 1",
        [client, key, request_hash, at + LEASE, at, at],
    )
    if claimed:
        return None
    found = query(
        "SELECT request_hash, state, response_status, response_body FROM core_idempotencykey WHERE client = %s AND "
        "key = %s",
        [client, key],
    )
    if not found:  # the first request failed and let the key go just now
        return idempotency_begin(client=client, key=key, request_hash=request_hash, at=at)
    first_hash, state, status, body = found[0]
    if first_hash != request_hash:
        raise KeyReused(
            "this idempotency key belongs to another request",
            field="Idempotency-Key",
            remedy="Use a new key.",
        )
    if state != "DONE":
        raise KeyInFlight(
            "the first request with this key is still being worked on",
            field="Idempotency-Key",
            remedy="Send the same request again in a moment.",
        )
    return KeptAnswer(status, body)


def idempotency_finish(*, client: str, key: str, status: int, body: str) -> None:
    """This function will keep the answer for every repeat of the request."""
    execute(
        "UPDATE core_idempotencykey SET state = 'DONE', response_status = %s, response_body = %s "
        "WHERE client = %s AND key = %s AND state = 'IN_PROGRESS'",
        [status, storable(body), client, key],
    )


def idempotency_release(*, client: str, key: str) -> None:
    """This function will let a key go whose request broke down on our side, so that the client may try again."""
    execute(
        "DELETE FROM core_idempotencykey WHERE client = %s AND key = %s AND state = 'IN_PROGRESS'",
        [client, key],
    )
