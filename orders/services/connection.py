"""Who connects a channel, and who knows its secrets?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.vault import seal, unseal
from inventory.models import Node
from orders.channels.contract import Account
from orders.channels.registry import adapter_of
from orders.models import Connection, ConnectionSecret

FULFILMENT_NODE = (
    "fulfilment_node"  # setting: the code of the node that stands for the channel's own warehouse
)
SECRETS_OVERLAP = timedelta(days=2)  # how long a replaced secret is good for


@dataclass(frozen=True)
class ConnectionDraft:
    channel_id: int
    adapter: str
    account: str
    base_url: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_enabled: bool = True


@transaction.atomic
def connection_save(draft: ConnectionDraft, *, actor: User, at: datetime) -> Connection:
    """This function will connect a channel or change how it is connected; InvalidInput names the field.

    A connection keeps its adapter for good: what its messages mean depends on it.
    """
    adapter = adapter_of(draft.adapter)
    account = draft.account.strip()
    if not account:
        raise InvalidInput(
            "whom does the channel know us as?",
            field="account",
            remedy="Enter the shop, seller or partner id.",
        )
    _check_node(draft)
    unknown = sorted(set(draft.settings) - {setting.name for setting in adapter.settings})
    if unknown:
        raise InvalidInput(
            f"{adapter.name} has no setting {', '.join(unknown)}", field="settings",
            remedy=f"Known are: {', '.join(setting.name for setting in adapter.settings) or 'none'}.",
        )  # fmt: skip
    adapter.check(Account("", account, draft.base_url.strip(), draft.settings, {}))
    if (
        Connection.objects.filter(adapter=draft.adapter, account=account)
        .exclude(channel=draft.channel_id)
        .exists()
    ):
        raise InvalidInput(
            f"{account} is another channel's", field="account", remedy="Connect each account once."
        )
    found = Connection.objects.select_for_update().filter(channel=draft.channel_id).first()
    if found is not None and found.adapter != draft.adapter:
        raise InvalidInput(
            f"the channel speaks {found.adapter}",
            field="adapter",
            remedy="Open another channel for another adapter.",
        )
    row = found or Connection(channel_id=draft.channel_id, adapter=draft.adapter)
    row.account, row.base_url = account, draft.base_url.strip()
    row.settings, row.is_enabled = dict(draft.settings), draft.is_enabled
    for name, value in {"_history_user": actor, "_history_date": at}.items():
        setattr(row, name, value)
    row.save()
    return row


def _check_node(draft: ConnectionDraft) -> None:
    """The node that stands for a channel's own warehouse ships for nobody else, or other orders would be promised its stock."""
    code = str(draft.settings.get(FULFILMENT_NODE) or "").strip()
    if not code:
        return
    node = Node.objects.filter(code=code).first()
    if node is None or not node.is_active:
        raise InvalidInput(
            f"there is no active node “{code}”", field=FULFILMENT_NODE,
            remedy="Create a node (3PL) for the channel's warehouse, and enter its code.",
        )  # fmt: skip
    if node.can_ship:
        raise InvalidInput(
            f"{code} ships our own orders", field=FULFILMENT_NODE,
            remedy="Use a node of its own for the channel's warehouse, and switch its “ships” off.",
        )  # fmt: skip


@transaction.atomic
def connection_secret_set(
    *,
    connection_id: int,
    purpose: str,
    secret: str,
    overlap: timedelta = SECRETS_OVERLAP,
    actor: User,
    at: datetime,
) -> ConnectionSecret:
    """This function will enter a secret; the one before it is still accepted for `overlap`, so that both sides can change."""
    connection = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if connection is None:
        raise NotFound("there is no such connection", field="connection", remedy="Reload the page.")
    known = [name for name, _ in adapter_of(connection.adapter).secrets]
    if purpose not in known:
        raise InvalidInput(
            f"no secret is called “{purpose}”", field="purpose", remedy=f"One of {', '.join(known)}."
        )
    if not secret.strip():
        raise InvalidInput("the secret is empty", field="secret", remedy="Copy it from the channel.")
    ConnectionSecret.objects.filter(connection=connection, purpose=purpose, valid_until=None).update(
        valid_until=at + overlap
    )
    return ConnectionSecret.objects.create(
        connection=connection, purpose=purpose, sealed=seal(secret.strip()), hint=secret.strip()[-4:], created_at=at,
        created_by=actor,
    )  # fmt: skip


def account_of(connection: Connection, *, at: datetime) -> Account:
    """This function will return what an adapter is told: who we are there, and the secrets that are good at `at`."""
    secrets: dict[str, list[str]] = {}
    good = Q(valid_until=None) | Q(valid_until__gt=at)
    for row in ConnectionSecret.objects.filter(good, connection=connection).order_by("-pk"):
        secrets.setdefault(row.purpose, []).append(unseal(row.sealed))
    return Account(
        connection.channel.code, connection.account, connection.base_url, connection.settings, secrets
    )
