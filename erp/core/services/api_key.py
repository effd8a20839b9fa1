"""Who gives a program a key to the API, and whose key is this?"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from erp.core.errors import InvalidInput
from erp.core.models import ApiKey, User
from erp.core.sql import execute

PREFIX = "keel_"
USE_NOTED_EVERY = timedelta(minutes=1)


def _hash(key: str) -> str:
    # 256 random bits need no slow hash; a lookup by it is constant work whatever is sent.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def api_key_create(
    *,
    name: str,
    user: User,
    channel_code: str = "",
    expires_at: datetime | None = None,
    actor: User,
    at: datetime,
) -> tuple[ApiKey, str]:
    """This function will make a key that acts as `user` and return it with the secret, which is shown this
    once only.

    InvalidInput for a name that is taken or an expiry in the past; `actor` must be an administrator or a program.
    """
    if not (actor.is_system or actor.may("core.admin")):
        raise InvalidInput(
            "only an administrator gives out keys", field="actor", remedy="Ask an administrator."
        )
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
        created_at=at, expires_at=expires_at,
    )  # fmt: skip
    return key, secret


def api_key_revoke(*, api_key_id: int, actor: User, at: datetime) -> None:
    """This function will make a key worthless at once."""
    ApiKey.objects.filter(pk=api_key_id).update(is_active=False)


def api_key_authenticate(*, secret: str, at: datetime) -> ApiKey | None:
    """This function will return the key with its user, or None when it is unknown, revoked, expired or its
    user inactive.

    The use is noted at most once a minute, so reading stays reading.
    """
    key = ApiKey.objects.select_related("user").filter(key_hash=_hash(secret)).first()
    if key is None or not key.is_active or not key.user.is_active:
        return None
    if key.expires_at is not None and key.expires_at <= at:
        return None
    if key.last_used_at is None or at - key.last_used_at > USE_NOTED_EVERY:
        execute("UPDATE core_apikey SET last_used_at = %s WHERE id = %s", [at, key.pk])
    return key
