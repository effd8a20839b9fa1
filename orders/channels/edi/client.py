"""How does a partner hear from us: shipments, invoices and stock as documents in his folder?

Nothing is called: a document is written in one transaction with its control number and its outbox message, and the outbox puts
it into the partner's folder. What EDI has no document for is refused for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone

from erp.core.errors import KeelError
from erp.core.services.user import system_user
from orders.channels.contract import (
    Account,
    ChannelError,
    Fetched,
    Published,
    ShipmentNotice,
    StockValue,
)
from orders.channels.document import Refund
from orders.services.edi_document import edi_shipment_send, edi_stock_send


class EdiClient:
    """The way out to one partner."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        """This function will return nothing: a partner sends, he can not be asked."""
        return iter(())

    def order(self, external_id: str) -> Fetched:
        """This function will refuse: a partner sends his documents when he sends them."""
        raise ChannelError(
            f"{external_id} can not be asked for: ask the partner to send it again", final=True
        )

    def publish_stock(self, values: Sequence[StockValue]) -> list[Published]:
        """This function will write a stock report (846, INVRPT); each value without an error is in it, or not wanted."""
        try:
            edi_stock_send(
                channel=self.account.channel, values=values, actor=system_user(), at=timezone.now()
            )
        except KeelError as error:
            raise ChannelError(error.as_text(), final=True) from error
        return [Published(value.channel_sku) for value in values]

    def publish_shipment(self, notice: ShipmentNotice) -> str:
        """This function will write a despatch advice and, when it is wanted, the invoice; returns their control numbers."""
        try:
            return edi_shipment_send(
                channel=self.account.channel, notice=notice, actor=system_user(), at=timezone.now()
            )
        except KeelError as error:
            raise ChannelError(error.as_text(), final=True) from error

    def publish_refund(self, external_id: str, refund: Refund) -> str:
        """This function will refuse: a partner on account is sent a credit note, no money goes back through EDI."""
        raise ChannelError("EDI pays nothing back: send the partner a credit note", final=True)

    def stock(self, values: Sequence[StockValue]) -> dict[str, int | None]:
        """This function will know of nothing: a partner does not say what he shows."""
        return {value.channel_sku: None for value in values}
