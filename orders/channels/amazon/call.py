"""How is the SP-API called: with a token that runs out, at a rate per operation that Amazon may change?

Login with Amazon (LWA) exchanges our refresh token for an access token of an hour. Each operation has a rate and a burst; an
answer says the rate that holds for this seller (x-amzn-RateLimit-Limit), which is kept to from then on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import requests

from orders.channels.contract import Account, ChannelError, Limits
from orders.channels.http import Http

LWA = "https://api.amazon.com"
EARLY = 60.0  # seconds before its end that a token is taken for run out
RATES = {  # calls a second and burst, as the models say for a new application
    "getOrders": (0.0167, 20), "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30), "getOrderItems": (0.5, 30), "getOrderAddress": (0.5, 30),
    "getOrderBuyerInfo": (0.5, 30), "confirmShipment": (2.0, 10), "patchListingsItem": (5.0, 10), "getListingsItem": (5.0, 10),
    "createRestrictedDataToken": (1.0, 10), "listFinancialEvents": (0.5, 30), "listTransactions": (0.5, 10),
    "getReports": (0.0222, 10), "getReportDocument": (0.0167, 15), "createFeedDocument": (0.5, 15), "createFeed": (0.0083, 15),
    "getFeed": (2.0, 15), "getFeedDocument": (0.0222, 10), "getShipments": (5.0, 10), "getShipment": (5.0, 10),
    "processShipment": (5.0, 10), "updatePackageStatus": (5.0, 10), "batchInventory": (2.0, 2),
}  # fmt: skip


@dataclass
class _Token:
    value: str = ""
    good_until: float = 0.0


class SpApi:
    """Calls of one selling partner's account. `clock` counts seconds, for the token's age only."""

    def __init__(self, account: Account, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._account = account
        self._clock = clock
        self._token = _Token()
        self._restricted: dict[str, _Token] = {}
        self._by_operation: dict[str, Http] = {}
        self._lwa = Http(str(account.settings.get("lwa_url") or LWA), Limits(calls_per_second=1.0, burst=10))

    def send(
        self, operation: str, method: str, path: str, *, content: Any = None, params: Mapping[str, Any] | None = None,
        token: str = "",
    ) -> requests.Response:  # fmt: skip
        """This function will make one call and return its 2xx answer. A token that ran out is renewed once.

        ChannelError otherwise; one of too many calls says after how many seconds the operation has room again.
        """
        http = self._http(operation)
        try:
            return self._once(http, method, path, content, params, token)
        except ChannelError as error:
            if error.status == 429 and error.retry_after is None:
                error.retry_after = 1 / http.limits.calls_per_second
            if error.status not in (401, 403) or token or not self._token.value:
                raise
        self._token = _Token()  # refused with a token that may have run out: once more with a new one
        return self._once(http, method, path, content, params, token)

    def json(self, operation: str, method: str, path: str, **asked: Any) -> dict[str, Any]:
        """This function will make one call and return the object it answers."""
        answer = self.send(operation, method, path, **asked)
        try:
            found = answer.json()
        except ValueError as error:
            raise ChannelError(f"{operation} answered something that is no JSON") from error
        if not isinstance(found, dict):
            raise ChannelError(f"{operation} answered no object")
        return found

    def restricted_token(self, path: str, elements: Sequence[str]) -> str:
        """This function will return a token that shows names and addresses on one path, from an hour's cache."""
        found = self._restricted.get(path)
        if found is None or self._clock() >= found.good_until:
            content = {
                "restrictedResources": [{"method": "GET", "path": path, "dataElements": list(elements)}]
            }
            asked_at, place = self._clock(), "tokens/2021-03-01/restrictedDataToken"
            answer = self.json("createRestrictedDataToken", "POST", place, content=content)
            lives = float(answer.get("expiresIn", 3600))
            found = _Token(str(answer.get("restrictedDataToken", "")), asked_at + lives - EARLY)
            self._restricted[path] = found
        return found.value

    def download(self, url: str) -> bytes:
        """This function will fetch a document from the address that Amazon signed, without our token."""
        return Http(url, Limits()).send("GET", url).content

    def upload(self, url: str, content: bytes, kind: str) -> None:
        """This function will put a document to the address that Amazon signed, without our token."""
        Http(url, Limits()).send("PUT", url, content=content, headers={"Content-Type": kind})

    def _once(
        self, http: Http, method: str, path: str, content: Any, params: Mapping[str, Any] | None, token: str
    ) -> requests.Response:
        headers = {"x-amz-access-token": token or self._access_token(), "Accept": "application/json"}
        answer = http.send(method, path, content=content, params=params, headers=headers)
        said = answer.headers.get("x-amzn-RateLimit-Limit", "")
        if said.replace(".", "", 1).isdigit() and float(said) > 0:
            http.limits = replace(http.limits, calls_per_second=float(said))
        return answer

    def _http(self, operation: str) -> Http:
        if operation not in self._by_operation:
            rate, burst = RATES[operation]
            limits = Limits(calls_per_second=rate, burst=burst)
            self._by_operation[operation] = Http(
                self._account.base_url, limits, {"User-Agent": "Keel/1 (Language=Python)"}
            )
        return self._by_operation[operation]

    def _access_token(self) -> str:
        if self._token.value and self._clock() < self._token.good_until:
            return self._token.value
        form = {
            "grant_type": "refresh_token", "refresh_token": self._account.secret("refresh_token"),
            "client_id": self._account.secret("client_id"), "client_secret": self._account.secret("client_secret"),
        }  # fmt: skip
        kind = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
        asked_at = self._clock()
        answer = self._lwa.send("POST", "auth/o2/token", content=urlencode(form).encode(), headers=kind)
        try:
            found = answer.json()
            value, lives = str(found["access_token"]), float(found.get("expires_in", 3600))
        except (ValueError, KeyError, TypeError) as error:
            raise ChannelError("Login with Amazon answered no access token") from error
        self._token = _Token(value, asked_at + lives - EARLY)
        return value
