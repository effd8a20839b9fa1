"""How does a client call its channel, and what does a refusal mean?"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin

import requests
from django.db import connection

from erp.core.errors import InvalidInput
from erp.core.net import call
from orders.channels.contract import ChannelError, Limits

ANSWER_SHOWN = 300


@dataclass
class Http:
    """Calls to one account: paced to what it allows, every failure a ChannelError that says whether to ask again."""

    base_url: str
    limits: Limits
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: Any = None
    _tokens: float = -1.0
    _filled: float = 0.0

    def send(
        self, method: str, path: str, *, content: Any = None, params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:  # fmt: skip
        """This function will make one call and return its 2xx answer; `content` goes as JSON unless it is bytes."""
        if connection.in_atomic_block:
            raise RuntimeError("no network inside a transaction")
        self._pace()
        url = urljoin(self.base_url.rstrip("/") + "/", path.lstrip("/"))
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        body = content if isinstance(content, bytes) or content is None else json.dumps(content).encode()
        kind = {} if content is None or isinstance(content, bytes) else {"Content-Type": "application/json"}
        try:
            answer = call(
                method, url, headers={**kind, **self.headers, **(headers or {})}, body=body, auth=self.auth
            )
        except InvalidInput as error:
            raise ChannelError(error.as_text(), final=True) from error
        except requests.RequestException as error:
            raise ChannelError(f"{type(error).__name__}: {error}") from error
        if answer.ok and answer.status_code < 300:
            return answer
        raise refusal(answer)

    def _pace(self) -> None:
        """Wait until the channel's bucket has room for one more call."""
        now = time.monotonic()
        if self._tokens < 0:
            self._tokens, self._filled = float(self.limits.burst), now
        self._tokens = min(
            float(self.limits.burst), self._tokens + (now - self._filled) * self.limits.calls_per_second
        )
        self._filled = now
        if self._tokens < 1:
            time.sleep((1 - self._tokens) / self.limits.calls_per_second)
            self._tokens = 1
        self._tokens -= 1


def refusal(answer: requests.Response) -> ChannelError:
    """This function will return what an answer that is not 2xx means: 408, 425, 429 and 5xx may be asked again, the rest not."""
    said = " ".join(answer.text[:ANSWER_SHOWN].split())
    again = answer.status_code in (408, 425, 429) or answer.status_code >= 500
    after = answer.headers.get("Retry-After", "")
    return ChannelError(
        f"{answer.status_code} {answer.reason}: {said}", final=not again, status=answer.status_code,
        retry_after=float(after) if after.replace(".", "", 1).isdigit() else None,
    )  # fmt: skip
