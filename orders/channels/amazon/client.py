"""How does Keel ask Amazon for orders, shipments and settlements, and tell it of stock and parcels?"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from orders.channels.amazon.call import SpApi
from orders.channels.amazon.fetch import ORDERS, SHIPMENTS, Fetching, iso, part
from orders.channels.amazon.settlement import MAX_BYTES
from orders.channels.contract import Account, ChannelError, Fetched, Published, ShipmentNotice, StockValue
from orders.channels.document import Refund

LISTINGS = "listings/2021-08-01/items"
FEEDS = "feeds/2021-06-30"
REPORTS = "reports/2021-06-30"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"


class AmazonClient:
    """One selling partner's account in the marketplaces of one region."""

    def __init__(self, account: Account, api: SpApi | None = None) -> None:
        self._account = account
        self._api = api or SpApi(account)
        self._marketplaces = [
            name.strip()
            for name in str(account.settings.get("marketplaces") or "").split(",")
            if name.strip()
        ]
        if not self._marketplaces:
            raise ChannelError(
                "the setting “marketplaces” is empty: enter at least one marketplace id", final=True
            )
        self._fetching = Fetching(self._api, account, self._marketplaces)

    def changed_orders(self, since: datetime, until: datetime) -> Iterator[Fetched]:
        """This function will yield the orders changed in the time, oldest change first, each with all that it needs."""
        return self._fetching.changed(since, until)

    def order(self, external_id: str) -> Fetched:
        """This function will return the message of one order as it is now: what a notification asks to be fetched."""
        return self._fetching.one(external_id)

    def items(self, external_id: str) -> list[dict[str, Any]]:
        """This function will return all items of an order of v0, from all pages."""
        return self._fetching.items(external_id)

    # --- external fulfilment ---
    def acknowledge(
        self, shipment_id: str, *, reject: Sequence[tuple[str, int]] = (), reason: str = "OUT_OF_STOCK"
    ) -> None:
        """This function will take a shipment of Amazon's on, or refuse it: `reject` are (line ref, units)."""
        params = {"operation": "REJECT" if reject else "CONFIRM"}
        lines = [{"lineItem": {"id": ref, "quantity": units}, "reason": reason} for ref, units in reject]
        content = {"referenceId": shipment_id, "lineItems": lines} if reject else None
        self._api.send(
            "processShipment", "POST", f"{SHIPMENTS}/{part(shipment_id)}", params=params, content=content
        )

    # --- parcels ---
    def publish_shipment(self, notice: ShipmentNotice) -> str:
        """This function will confirm a parcel of an order, or say that a package of Amazon's own shipment has left.

        Amazon tells parcels of an order apart by a number of ours, made from the key: the same parcel is the same number.
        """
        package = str(notice.external.get("package_id") or "")
        if package:
            path = f"{SHIPMENTS}/{part(notice.external_id)}/packages/{part(package)}"
            self._api.send("updatePackageStatus", "PATCH", path, params={"status": "SHIPPED"}, content={})
            return package
        number = str(int(hashlib.sha256(notice.key.encode()).hexdigest()[:12], 16) + 1)
        detail = {
            "packageReferenceId": number, "carrierCode": notice.carrier or "Other", "carrierName": notice.carrier or "Other",
            "trackingNumber": notice.tracking_number, "shipDate": iso(notice.shipped_at),
            "orderItems": [{"orderItemId": ref, "quantity": units} for ref, _, units in notice.lines],
        }  # fmt: skip
        marketplace = str(notice.external.get("MarketplaceId") or self._marketplaces[0])
        path = f"{ORDERS}/{part(notice.external_id)}/shipmentConfirmation"
        self._api.send(
            "confirmShipment", "POST", path, content={"marketplaceId": marketplace, "packageDetail": detail}
        )
        return number

    def publish_refund(self, external_id: str, refund: Refund) -> str:
        """This function will refuse: Amazon pays back from Seller Central, and the settlement says that it did."""
        raise ChannelError(
            f"pay {refund.amount} for {external_id} back in Seller Central; the settlement report brings it in",
            final=True,
        )

    # --- stock ---
    def publish_stock(self, values: Sequence[StockValue]) -> list[Published]:
        """This function will set the quantity that we ourselves send from, listing by listing; Amazon answers each at once."""
        return [self._set(value) for value in values]

    def _set(self, value: StockValue) -> Published:
        try:
            answer = self._api.json(
                "patchListingsItem", "PATCH", self._listing(value.channel_sku), params=self._where(),
                content={"productType": str(value.external.get("product_type") or "PRODUCT"), "patches": _patches(value)},
            )  # fmt: skip
        except ChannelError as error:
            if error.status in (400, 404):
                return Published(value.channel_sku, str(error)[:300])
            raise
        if answer.get("status") in ("ACCEPTED", "VALID"):
            return Published(value.channel_sku)
        issues = "; ".join(str(issue.get("message", "")) for issue in answer.get("issues", []))
        return Published(value.channel_sku, (issues or f"Amazon answered {answer.get('status')}")[:300])

    def stock(self, values: Sequence[StockValue]) -> dict[str, int | None]:
        """This function will return what Amazon shows as ours to send; None for a listing it does not know or sends itself."""
        found: dict[str, int | None] = {}
        for value in values:
            params = {**self._where(), "includedData": "fulfillmentAvailability"}
            try:
                answer = self._api.json(
                    "getListingsItem", "GET", self._listing(value.channel_sku), params=params
                )
            except ChannelError as error:
                if error.status != 404:
                    raise
                answer = {}
            rows = [
                row
                for row in answer.get("fulfillmentAvailability", [])
                if row.get("fulfillmentChannelCode") == "DEFAULT"
            ]
            found[value.channel_sku] = int(rows[0]["quantity"]) if rows and "quantity" in rows[0] else None
        return found

    def submit_stock_feed(self, values: Sequence[StockValue]) -> str:
        """This function will hand many quantities in as one feed and return its id; `feed_errors` says what became of it."""
        messages = [
            {"messageId": number, "sku": value.channel_sku, "operationType": "PATCH", "patches": _patches(value),
             "productType": str(value.external.get("product_type") or "PRODUCT")}
            for number, value in enumerate(values, start=1)
        ]  # fmt: skip
        header = {"sellerId": self._account.account, "version": "2.0", "issueLocale": "en_US"}
        kind = "application/json; charset=UTF-8"
        place = self._api.json(
            "createFeedDocument", "POST", f"{FEEDS}/documents", content={"contentType": kind}
        )
        self._api.upload(
            str(place["url"]), json.dumps({"header": header, "messages": messages}).encode(), kind
        )
        content = {
            "feedType": "JSON_LISTINGS_FEED", "marketplaceIds": self._marketplaces,
            "inputFeedDocumentId": place["feedDocumentId"],
        }  # fmt: skip
        return str(self._api.json("createFeed", "POST", f"{FEEDS}/feeds", content=content)["feedId"])

    def feed_errors(self, feed_id: str, values: Sequence[StockValue]) -> list[Published] | None:
        """This function will return what became of a feed's values, or None while Amazon is still at it."""
        feed = self._api.json("getFeed", "GET", f"{FEEDS}/feeds/{part(feed_id)}")
        if feed.get("processingStatus") in ("IN_QUEUE", "IN_PROGRESS"):
            return None
        if feed.get("processingStatus") != "DONE" or not feed.get("resultFeedDocumentId"):
            return [
                Published(value.channel_sku, f"the feed is {feed.get('processingStatus')}")
                for value in values
            ]
        place = f"{FEEDS}/documents/{part(str(feed['resultFeedDocumentId']))}"
        report = json.loads(self._document(self._api.json("getFeedDocument", "GET", place)))
        wrong = {
            int(issue.get("messageId", 0)): str(issue.get("message", "refused"))
            for issue in report.get("issues", []) if issue.get("severity") == "ERROR"
        }  # fmt: skip
        return [
            Published(value.channel_sku, wrong.get(number, "")[:300])
            for number, value in enumerate(values, start=1)
        ]

    def _listing(self, sku: str) -> str:
        return f"{LISTINGS}/{part(self._account.account)}/{part(sku)}"

    def _where(self) -> dict[str, str]:
        return {"marketplaceIds": ",".join(self._marketplaces)}

    # --- money ---
    def financial_events(self, posted_after: datetime) -> Iterator[str]:
        """This function will yield the answers of listFinancialEvents (v0), page by page, as Amazon wrote them."""
        params = {"PostedAfter": iso(posted_after), "MaxResultsPerPage": 100}
        yield from self._pages("listFinancialEvents", "finances/v0/financialEvents", params, "NextToken")

    def transactions(self, posted_after: datetime) -> Iterator[str]:
        """This function will yield the answers of listTransactions (2024-06-19), page by page, as Amazon wrote them."""
        params = {"postedAfter": iso(posted_after)}
        yield from self._pages("listTransactions", "finances/2024-06-19/transactions", params, "nextToken")

    def _pages(self, operation: str, path: str, params: dict[str, Any], token: str) -> Iterator[str]:
        while True:
            answer = self._api.send(operation, "GET", path, params=params)
            yield answer.text
            following = answer.json().get("payload", {}).get(token)
            if not following:
                return
            params = {**params, token: following}

    def settlements(self, created_since: datetime) -> Iterator[tuple[str, bytes]]:
        """This function will yield (report id, file) of the settlement reports made since, which Amazon makes by itself."""
        params: dict[str, Any] = {
            "reportTypes": SETTLEMENT,
            "processingStatuses": "DONE",
            "createdSince": iso(created_since),
        }
        while True:
            answer = self._api.json("getReports", "GET", f"{REPORTS}/reports", params=params)
            for report in answer.get("reports", []):
                place = f"{REPORTS}/documents/{part(str(report['reportDocumentId']))}"
                yield (
                    str(report["reportId"]),
                    self._document(self._api.json("getReportDocument", "GET", place)),
                )
            if not answer.get("nextToken"):
                return
            params = {"nextToken": answer["nextToken"]}

    def _document(self, place: dict[str, Any]) -> bytes:
        content = self._api.download(str(place["url"]))
        if place.get("compressionAlgorithm") != "GZIP":
            return content
        try:
            with gzip.open(io.BytesIO(content)) as packed:
                found = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ChannelError("the document is not the GZIP that it says it is") from error
        if len(found) > MAX_BYTES:
            raise ChannelError(f"the document is more than {MAX_BYTES} bytes", final=True)
        return found


def _patches(value: StockValue) -> list[dict[str, Any]]:
    shown = [{"fulfillment_channel_code": "DEFAULT", "quantity": value.quantity}]
    return [{"op": "replace", "path": "/attributes/fulfillment_availability", "value": shown}]
