"""Through which node do goods pass that never touch a warehouse of ours?"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from erp.core.errors import Conflict
from erp.core.models import User
from inventory.models import Node
from inventory.services.master import record_sign

CODE = "DROP-SHIP"


def drop_ship_node_ensure(*, actor: User, at: datetime) -> Node:
    """This function will return the node that drop-shipped units are received at and leave from, made when first needed.

    It does not ship on its own (`can_ship` False), so no plan ever sells from it. Conflict when another node has its code.
    """
    node = Node.objects.filter(code=CODE).first()
    if node is None:
        nearest = Node.objects.filter(is_active=True).order_by("rank", "pk").first()
        node = Node(
            code=CODE, name="Drop-ship", kind=Node.DROPSHIP, can_ship=False, rank=30_000,
            country=nearest.country if nearest else "ZZ",
        )  # fmt: skip
        record_sign(node, actor=actor, at=at)
        try:
            with transaction.atomic():
                node.save()
        except IntegrityError:  # somebody else needed it first at the same moment
            node = Node.objects.get(code=CODE)
    if node.kind != Node.DROPSHIP:
        raise Conflict(
            f"the node {CODE} is a {node.get_kind_display()}",
            field="node",
            remedy="Give that node another code.",
        )
    return node
