"""How does Keel ask a WooCommerce shop, and tell it of stock, parcels and refunds (REST API v3)?

Whatever is told is first looked for there: a parcel and a refund carry their key in the order's own meta data, so that
telling twice is telling once, even when the first answer was lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from orders.channels.contract import (
    Account,
    ChannelError,
    Fetched,
    Limits,
    Published,
    ShipmentNotice,
    StockValue,
)
from orders.channels.document import Refund
from orders.channels.http import Http
from orders.channels.woocommerce.read import REFUND_META, SHIPMENT_META

API = "wp-json/wc/v3"
PAGE = 100
BATCH = 100
WINDOW = timedelta(days=1)  # of changes that are sorted at a time
_LIMITS = Limits(calls_per_second=5.0, burst=20)


class WooCommerceClient:
    """One shop, over one account's keys."""

    def __init__(self, account: Account) -> None:
        key, secret = account.secret("consumer_key"), account.secret("consumer_secret")
        how = str(account.settings.get("authentication") or "header")
        if how not in ("header", "query"):
            raise ChannelError(f"the setting “authentication” is header or query, not {how[:20]}", final=True)
        self._in_query = {"consumer_key": key, "consumer_secret": secret} if how == "query" else {}
        self._http = Http(
            account.base_url,
            _LIMITS,
            {"Accept": "application/json"},
            None if self._in_query else (key, secret),
        )

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        """This function will yield the orders changed in the time, oldest change first, each with its refunds in full.

        Day by day. The pages of a day are read from the last to the first, newest id first: an order that changes meanwhile
        leaves the day, and what stood behind it moves to pages that were read already. So none is passed over.
        """
        start = since.astimezone(UTC)
        end = until.astimezone(UTC)
        while start < end:
            stop = min(start + WINDOW, end)
            found = {fetched.id: fetched for fetched in self._window(start, stop)}
            yield from sorted(found.values(), key=lambda fetched: (fetched.changed_at, fetched.id))
            start = stop

    def _window(self, start: datetime, stop: datetime) -> Iterator[Fetched]:
        params = {
            "modified_after": _gmt(start - timedelta(seconds=1)), "modified_before": _gmt(stop + timedelta(seconds=1)),
            "dates_are_gmt": "true", "status": "any", "orderby": "id", "order": "desc", "per_page": PAGE,
        }  # fmt: skip
        first = self._call("GET", "orders", params={**params, "page": 1})
        pages = _pages(first)
        for page in range(pages, 0, -1):
            answer = (
                first if page == pages == 1 else self._call("GET", "orders", params={**params, "page": page})
            )
            for order in _rows(answer):
                changed = _moment(order)
                if start <= changed <= stop:
                    yield self._fetched(order, changed)

    def _fetched(self, order: Mapping[str, Any], changed: datetime) -> Fetched:
        refunds = self.refunds(str(order["id"])) if order.get("refunds") else []
        body = json.dumps({"order": order, "refunds": refunds}, sort_keys=True, ensure_ascii=False)
        return Fetched("order.fetched", f"{order['id']}@{_gmt(changed)}+{len(refunds)}", body, changed)

    def order(self, external_id: str) -> Fetched:
        """This function will fetch one order as it is now, with its refunds in full."""
        found = self._order(external_id)
        return self._fetched(found, _moment(found))

    def _order(self, external_id: str) -> dict[str, Any]:
        return _object(self._call("GET", f"orders/{_number(external_id)}"))

    def refunds(self, external_id: str) -> list[dict[str, Any]]:
        """This function will return an order's refunds, each with its lines."""
        path = f"orders/{_number(external_id)}/refunds"
        first = self._call("GET", path, params={"per_page": PAGE, "page": 1})
        rows = _rows(first)
        for page in range(2, _pages(first) + 1):
            rows += _rows(self._call("GET", path, params={"per_page": PAGE, "page": page}))
        return rows

    def publish_stock(self, values: Sequence[StockValue]) -> list[Published]:
        """This function will set the quantities of products and variations, by batches of a hundred."""
        places = self._places(values)
        said: dict[str, str] = {}
        by_parent: dict[str, list[tuple[str, StockValue]]] = {}
        for value in values:
            place = places.get(value.channel_sku)
            if place is None:
                said[value.channel_sku] = "the shop has no product with this SKU"
                continue
            by_parent.setdefault(place[0], []).append((place[1], value))
        for parent, rows in by_parent.items():
            path = f"products/{parent}/variations/batch" if parent else "products/batch"
            for at in range(0, len(rows), BATCH):
                said |= self._set(path, rows[at : at + BATCH])
        return [
            Published(value.channel_sku, error, _told(places.get(value.channel_sku), error))
            for value in values
            for error in [said.get(value.channel_sku, "")]
        ]

    def _set(self, path: str, rows: Sequence[tuple[str, StockValue]]) -> dict[str, str]:
        update = [
            {"id": int(ident), "manage_stock": True, "stock_quantity": value.quantity}
            for ident, value in rows
        ]
        answers = _object(self._call("POST", path, content={"update": update})).get("update", [])
        by_id = {str(answer.get("id")): answer for answer in answers if isinstance(answer, dict)}
        said = {}
        for ident, value in rows:
            answer = by_id.get(ident)
            if answer is None:
                said[value.channel_sku] = "the shop did not answer for this product"
            elif "error" in answer:
                said[value.channel_sku] = str(answer["error"].get("message", "refused"))[:300]
        return said

    def stock(self, values: Sequence[StockValue]) -> dict[str, int | None]:
        """This function will return what the shop shows of each SKU; None for one it does not know or does not count."""
        found: dict[str, int | None] = {value.channel_sku: None for value in values}
        shown = {
            sku.lower(): row
            for sku, row in self._by_sku([v.channel_sku for v in values if not _ids(v)]).items()
        }
        for value in values:
            ids = _ids(value)
            row = self._product(ids) if ids else shown.get(value.channel_sku.lower())
            quantity = row.get("stock_quantity") if row and row.get("manage_stock") is True else None
            found[value.channel_sku] = quantity if isinstance(quantity, int) else None
        return found

    def _product(self, ids: tuple[str, str]) -> dict[str, Any] | None:
        path = f"products/{ids[0]}/variations/{ids[1]}" if ids[0] else f"products/{ids[1]}"
        try:
            return _object(self._call("GET", path))
        except ChannelError as error:
            if error.status == 404:
                return None
            raise

    def _places(self, values: Sequence[StockValue]) -> dict[str, tuple[str, str]]:
        """Channel SKU → (parent or "", id): from what the listing knows, the numbers in it, or by asking for the SKU."""
        known = {value.channel_sku: ids for value in values if (ids := _ids(value))}
        rows = self._by_sku([value.channel_sku for value in values if value.channel_sku not in known])
        asked = {sku.lower(): row for sku, row in rows.items()}
        for value in values:
            row = asked.get(value.channel_sku.lower())
            if row is not None:
                known.setdefault(value.channel_sku, (str(row.get("parent_id") or ""), str(row["id"])))
        return known

    def _by_sku(self, skus: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        wanted = [sku for sku in skus if "," not in sku]  # the shop takes a list with commas
        for at in range(0, len(wanted), 50):
            params = {"sku": ",".join(wanted[at : at + 50]), "per_page": PAGE}
            for row in _rows(self._call("GET", "products", params=params)):
                found[str(row.get("sku", ""))] = row
        return found

    def publish_shipment(self, notice: ShipmentNotice) -> str:
        """This function will write a parcel into the order, tell the buyer in a note, and complete the order by the last one."""
        order = self._order(notice.external_id)
        key = f"{SHIPMENT_META}{notice.key}"
        told = {str(meta.get("key")): meta.get("value") for meta in order.get("meta_data", [])}
        if key not in told:
            told[key] = {
                "carrier": notice.carrier, "tracking_number": notice.tracking_number, "tracking_url": notice.tracking_url,
                "shipped_at": notice.shipped_at.astimezone(UTC).isoformat(),
                "lines": [[ref, units] for ref, _, units in notice.lines],
            }  # fmt: skip
            change: dict[str, Any] = {"meta_data": [{"key": key, "value": told[key]}]}
            if order.get("status") in ("pending", "on-hold", "processing") and _all_sent(order, told):
                change["status"] = "completed"
            self._call("PUT", f"orders/{_number(notice.external_id)}", content=change)
        text = f"Sent with {notice.carrier}: {notice.tracking_number} {notice.tracking_url}".strip()
        self.note(notice.external_id, f"{text} (parcel {notice.key})", once=f"(parcel {notice.key})")
        return notice.key

    def note(self, external_id: str, text: str, *, for_customer: bool = True, once: str = "") -> str:
        """This function will add a note to an order and return its id; none when one that holds `once` is there already."""
        path = f"orders/{_number(external_id)}/notes"
        if once:
            for note in _rows(self._call("GET", path)):
                if once in str(note.get("note", "")):
                    return str(note["id"])
        content = {"note": text, "customer_note": for_customer}
        return str(_object(self._call("POST", path, content=content))["id"])

    def complete(self, external_id: str) -> None:
        """This function will set an order completed: the shop mails the buyer and closes it."""
        self._call("PUT", f"orders/{_number(external_id)}", content={"status": "completed"})

    def publish_refund(self, external_id: str, refund: Refund) -> str:
        """This function will have the shop's payment gateway pay back and return the refund's id; restocks nothing."""
        for known in self.refunds(external_id):
            if any(
                m.get("key") == REFUND_META and m.get("value") == refund.ref
                for m in known.get("meta_data", [])
            ):
                return str(known["id"])
        lines = [{"id": int(ref), "quantity": units} for ref, units in refund.lines if ref.isdigit()]
        content = {
            "amount": str(refund.amount), "reason": refund.reason, "api_refund": True, "api_restock": False,
            "meta_data": [{"key": REFUND_META, "value": refund.ref}],
        }  # fmt: skip
        path = f"orders/{_number(external_id)}/refunds"
        return str(
            _object(self._call("POST", path, content=content | ({"line_items": lines} if lines else {})))[
                "id"
            ]
        )

    def _call(
        self, method: str, path: str, *, content: Any = None, params: Mapping[str, Any] | None = None
    ) -> requests.Response:
        return self._http.send(
            method, f"{API}/{path}", content=content, params={**(params or {}), **self._in_query}
        )


def _ids(value: StockValue) -> tuple[str, str] | None:
    """(parent or "", id) of what a listing or a SKU like "id:22:23" already says."""
    product = str(value.external.get("product_id") or "")
    variation = str(value.external.get("variation_id") or "")
    if not product and value.channel_sku.startswith("id:"):
        product, _, variation = value.channel_sku.removeprefix("id:").partition(":")
    if product.isdigit() and variation.isdigit() and variation != "0":
        return product, variation
    return ("", product) if product.isdigit() else None


def _told(place: tuple[str, str] | None, error: str) -> dict[str, str]:
    """The ids to keep of a listing; after a refusal none, so that its SKU is looked up anew."""
    if place is None or error:
        return {"product_id": "", "variation_id": ""}
    parent, ident = place
    return (
        {"product_id": parent, "variation_id": ident} if parent else {"product_id": ident, "variation_id": ""}
    )


def _all_sent(order: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Do the parcels that were told of hold every unit that the order still wants?"""
    sent: dict[str, int] = {}
    for key, value in told.items():
        if key.startswith(SHIPMENT_META) and isinstance(value, dict):
            for ref, units in value.get("lines") or []:
                sent[str(ref)] = sent.get(str(ref), 0) + int(units)
    return all(sent.get(str(line["id"]), 0) >= int(line["quantity"]) for line in order.get("line_items", []))


def _gmt(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _moment(order: Mapping[str, Any]) -> datetime:
    text = str(order.get("date_modified_gmt") or order.get("date_created_gmt") or "")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise ChannelError(f"order {order.get('id')} has no time of change", final=True) from error


def _number(external_id: str) -> str:
    if not external_id.isdigit():
        raise ChannelError(f"“{external_id[:40]}” is no order id of WooCommerce", final=True)
    return external_id


def _pages(answer: requests.Response) -> int:
    text = answer.headers.get("X-WP-TotalPages", "1")
    return int(text) if text.isdigit() else 1


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:  # a maintenance page, or the login page of a plug-in, with status 200
        shown = " ".join(answer.text[:120].split())
        raise ChannelError(f"the shop answered something that is no JSON: {shown}") from error


def _rows(answer: requests.Response) -> list[dict[str, Any]]:
    found = _json(answer)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ChannelError("the shop answered no list where one was asked for")
    return found


def _object(answer: requests.Response) -> dict[str, Any]:
    found = _json(answer)
    if not isinstance(found, dict):
        raise ChannelError("the shop answered no object where one was asked for")
    return found
