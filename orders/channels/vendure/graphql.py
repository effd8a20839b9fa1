"""How is a Vendure shop asked, and what do its errors mean?

A mutation that is refused answers 200 and an ErrorResult; what nobody foresaw answers 200 and `errors`. Only the latter, and
what HTTP says, may be asked again: an ErrorResult is the shop's last word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import requests

from orders.channels.contract import Account, ChannelError, Limits
from orders.channels.http import Http
from orders.channels.vendure.queries import LOGIN

API = "admin-api"
TOKEN = "vendure-auth-token"  # noqa: S105 (a header's name)
_LOCKED_OUT = ("FORBIDDEN", "UNAUTHORIZED", "UNAUTHENTICATED")
_WRONG = (
    "BAD_USER_INPUT",
    "GRAPHQL_VALIDATION_FAILED",
    "GRAPHQL_PARSE_FAILED",
    "USER_INPUT_ERROR",
    "ENTITY_NOT_FOUND",
)


# Sessions that this process has open, by shop, administrator and password (hashed): each login leaves a row in the shop.
_SESSIONS: dict[tuple[str, str, str], str] = {}


class GraphQl:
    """One administrator's session with one shop; it logs in when it must, and again once when the session has ended."""

    def __init__(self, account: Account, limits: Limits) -> None:
        self._username, self._password = account.secret("username"), account.secret("password")
        channel = str(account.settings.get("channel_token") or "").strip()
        headers = {"Accept": "application/json"} | ({"vendure-token": channel} if channel else {})
        self._http = Http(account.base_url, limits, headers)
        sealed = hashlib.sha256(self._password.encode()).hexdigest()
        self._session = (account.base_url, self._username, sealed)
        self._token = _SESSIONS.get(self._session, "")

    def ask(self, query: str, **variables: Any) -> Mapping[str, Any]:
        """This function will return the `data` of an answer; ChannelError says whether asking again can help."""
        fresh = not self._token
        if fresh:
            self._log_in()
        try:
            return self._asked(query, variables)
        except ChannelError as error:
            if fresh or error.status not in (401, 403):
                raise
        self._log_in()
        return self._asked(query, variables)

    def _log_in(self) -> None:
        self._token = ""
        answer, data = self._post(LOGIN, {"username": self._username, "password": self._password})
        said = _object(data.get("login"), "login")
        if said.get("errorCode"):
            raise ChannelError(f"Vendure refuses the login: {_text(said)}", final=True, status=401)
        token = answer.headers.get(TOKEN, "")
        if not token:
            raise ChannelError(
                "Vendure gives no token: set authOptions.tokenMethod to “bearer” there",
                final=True,
                status=401,
            )
        self._token = _SESSIONS[self._session] = token

    def _asked(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._post(query, variables)[1]

    def _post(self, query: str, variables: Mapping[str, Any]) -> tuple[requests.Response, Mapping[str, Any]]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        content = {"query": query, "variables": dict(variables)}
        answer = self._http.send("POST", API, content=content, headers=headers)
        try:
            found = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise ChannelError(f"Vendure answered no JSON: {answer.text[:120]}") from error
        if not isinstance(found, dict):
            raise ChannelError("Vendure's answer is no object")
        if found.get("errors"):
            raise _refusal(found["errors"])
        return answer, _object(found.get("data"), "data")


def result(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """This function will return what a mutation made; an ErrorResult is a ChannelError that is final."""
    found = _object(data.get(name), name)
    if found.get("errorCode"):
        raise ChannelError(f"Vendure refuses {name}: {_text(found)}", final=True)
    return found


def rows(value: Any, name: str) -> list[Mapping[str, Any]]:
    """This function will return a list of objects; ChannelError when the answer has none."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ChannelError(f"Vendure's answer has no list “{name}”")
    return value


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ChannelError(f"Vendure's answer has no “{name}”")
    return value


def _text(said: Mapping[str, Any]) -> str:
    more = said.get("transitionError") or said.get("fulfillmentHandlerError") or said.get("message")
    return f"{said.get('errorCode')}: {more}"[:250]


def _refusal(errors: Any) -> ChannelError:
    """What `errors` of an answer mean: no session, a question it does not understand, or a fault of its own."""
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = str((first.get("extensions") or {}).get("code", ""))
    text = f"Vendure: {code} {str(first.get('message', 'an error'))[:200]}"
    if code in _LOCKED_OUT:
        return ChannelError(text, final=True, status=403)
    return ChannelError(text, final=code in _WRONG)
