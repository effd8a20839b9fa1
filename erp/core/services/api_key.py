"""Who gives a program a key to the API, whose key is this, and has it asked too often?"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import ApiKey, User
from erp.core.services.note import note_add
from erp.core.sql import execute, query

PREFIX = "keel_"
USE_NOTED_EVERY = timedelta(minutes=1)
OVERLAP = timedelta(days=1)  # so long the secret before a rotation is good
ALL = "*"
# What a key may be used for: the first step of an address after /api/v1, to read or to change.
RESOURCES = (
    "orders", "inventory", "reservations", "fulfillment", "procurement", "returns", "exceptions", "events",
)  # fmt: skip
SCOPES: tuple[str, ...] = tuple(
    f"{resource}:{act}"
    for resource in RESOURCES
    for act in ("read", "write")
    if (resource, act) != ("events", "write")
)


@dataclass(frozen=True)
class RateState:
    """How much of a key's minute is used: `left` requests until `reset_seconds` have passed."""

    limit: int
    left: int
    reset_seconds: int
    is_over: bool


def _hash(key: str) -> str:
    # 256 random bits need no slow hash; a lookup by it is constant work whatever is sent.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _demand_admin(actor: User) -> None:
    if not (actor.is_system or actor.may("core.admin")):
        raise InvalidInput(
            "only an administrator gives out keys", field="actor", remedy="Ask an administrator."
        )


def _checked_scopes(scopes: Sequence[str]) -> list[str]:
    unknown = sorted(set(scopes) - {*SCOPES, ALL})
    if unknown or not scopes:
        raise InvalidInput(
            f"there is no scope {unknown[0][:40]}" if unknown else "a key without a scope is good for nothing",
            field="scopes", remedy=f"Known are: {', '.join(SCOPES)}, or * for all.",
        )  # fmt: skip
    return [ALL] if ALL in scopes else sorted(set(scopes))


def api_key_create(
    *,
    name: str,
    user: User,
    channel_code: str = "",
    expires_at: datetime | None = None,
    scopes: Sequence[str] = (ALL,),
    rate_per_minute: int | None = None,
    actor: User,
    at: datetime,
) -> tuple[ApiKey, str]:
    """This function will make a key that acts as `user` and return it with the secret, which is shown this
    once only.

    `scopes` narrow what its user may do. InvalidInput for a name that is taken, an unknown scope or an expiry in the past;
    `actor` must be an administrator or a program.
    """
    _demand_admin(actor)
    if rate_per_minute is not None and not 1 <= rate_per_minute <= 10_000_000:
        raise InvalidInput(
            "a key is used at least once a minute", field="rate_per_minute", remedy="Leave it out for the house's limit."
        )  # fmt: skip
    if not name.strip() or ApiKey.objects.filter(name=name).exists():
        raise InvalidInput(
            f"the name “{name}” is empty or taken", field="name", remedy="Choose another name."
        )
    if expires_at is not None and expires_at <= at:
        raise InvalidInput(
            "the key would be expired at once", field="expires_at", remedy="Choose a later time."
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name, prefix=secret[:12], key_hash=_hash(secret), user=user, channel_code=channel_code,
        created_at=at, expires_at=expires_at, scopes=_checked_scopes(scopes), rate_per_minute=rate_per_minute,
    )  # fmt: skip
    return key, secret


@transaction.atomic
def api_key_rotate(
    *, api_key_id: int, overlap: timedelta = OVERLAP, actor: User, at: datetime
) -> tuple[ApiKey, str]:
    """This function will give a key a new secret, shown this once; the old one is good for `overlap` more."""
    _demand_admin(actor)
    key = _locked(api_key_id)
    if not key.is_active:
        raise InvalidInput("the key was revoked", field="key", remedy="Make a new one.")
    secret = PREFIX + secrets.token_urlsafe(32)
    key.previous_hash, key.previous_until = key.key_hash, at + overlap
    key.key_hash, key.prefix = _hash(secret), secret[:12]
    key.save(update_fields=["previous_hash", "previous_until", "key_hash", "prefix"])
    _note(
        key,
        f"The secret was changed; the old one is good until {key.previous_until:%d %b %H:%M} UTC.",
        actor,
        at,
    )
    return key, secret


@transaction.atomic
def api_key_revoke(*, api_key_id: int, reason: str = "", actor: User, at: datetime) -> None:
    """This function will make a key worthless at once, with both its secrets."""
    _demand_admin(actor)
    key = _locked(api_key_id)
    key.is_active = False
    key.save(update_fields=["is_active"])
    _note(key, f"Revoked. {reason}".strip(), actor, at)


def _locked(api_key_id: int) -> ApiKey:
    found = ApiKey.objects.select_for_update().filter(pk=api_key_id).first()
    if found is None:
        raise NotFound("there is no such key", field="key", remedy="Reload the list.")
    return found


def _note(key: ApiKey, body: str, actor: User, at: datetime) -> None:
    note_add(document_type="core.ApiKey", document_id=key.pk, body=body, actor=actor, at=at)


def api_key_authenticate(*, secret: str, at: datetime) -> ApiKey | None:
    """This function will return the key with its user, or None when it is unknown, revoked, expired or its
    user inactive.

    The use is noted at most once a minute, so reading stays reading.
    """
    hashed = _hash(secret)
    found = ApiKey.objects.select_related("user").filter(
        Q(key_hash=hashed) | Q(previous_hash=hashed, previous_until__gt=at)
    )
    key = found.first()
    if key is None or not key.is_active or not key.user.is_active:
        return None
    if key.expires_at is not None and key.expires_at <= at:
        return None
    if key.last_used_at is None or at - key.last_used_at > USE_NOTED_EVERY:
        execute("UPDATE core_apikey SET last_used_at = %s WHERE id = %s", [at, key.pk])
    return key


def api_key_count_use(key: ApiKey, *, at: datetime) -> RateState:
    """This function will count one request of a key and tell what is left of its minute.

    One row a key, one statement a request; of any number of processes each is counted. A refused request counts too.
    """
    limit = key.rate_per_minute or settings.KEEL_API_RATE_PER_MINUTE
    minute, second = divmod(int(at.timestamp()), 60)
    ((requests,),) = query(
        "INSERT INTO core_apikeyuse AS u (api_key_id, minute, requests) VALUES (%s, %s, 1) ON CONFLICT (api_key_id) "
        "DO UPDATE SET requests = CASE WHEN u.minute = excluded.minute THEN u.requests + 1 ELSE 1 END, "
        "minute = excluded.minute RETURNING requests",
        [key.pk, minute],
    )
    return RateState(limit, max(0, limit - requests), 60 - second, requests > limit)
