"""How does Keel call an address that somebody typed in, without being sent to a machine that only Keel can reach?

The name is resolved once, every address it has must be a public one, and the connection goes to the address that was looked
at: a name that means something else a second later gains nothing (source: OWASP SSRF Prevention Cheat Sheet). Redirects are
not followed. `KEEL_PRIVATE_TARGETS` lets local targets through: a shop on the same machine, a test.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from erp.core.errors import InvalidInput

TIMEOUT = (5.0, 20.0)  # seconds to connect, and between two bytes: well below the outbox' lease
MOST_BYTES = 20 * 2**20


def check_target(url: str) -> str:
    """This function will return the address that a URL may be called at; InvalidInput says why it may not be."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(f"“{url[:200]}” is no address", field="url", remedy="Copy it again.") from error
    private = settings.KEEL_PRIVATE_TARGETS
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise InvalidInput(
            "the address must begin with https://", field="url", remedy="Use the https address."
        )
    if not host or parts.username or parts.password:
        raise InvalidInput(
            "the address needs a host name and no password", field="url",
            remedy="Enter secrets as secrets, not in the address.",
        )  # fmt: skip
    try:
        found = socket.getaddrinfo(
            host, port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise InvalidInput(
            f"there is no host {host[:200]}", field="url", remedy="Check the spelling."
        ) from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        ip = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None)
        if not private and not (mapped or ip).is_global:
            raise InvalidInput(
                f"{host[:200]} is {address}, which is not a public address", field="url",
                remedy="Use an address that everybody can reach.",
            )  # fmt: skip
    return addresses[0]


class _Pinned(HTTPAdapter):
    """Connects to the address that was checked, under the name that was asked for."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = str(request.url)
        parts = urlsplit(url)
        host, address = parts.hostname or "", check_target(url)
        if parts.scheme == "https":
            self.poolmanager.connection_pool_kw.update(server_hostname=host, assert_hostname=host)
        shown = f"[{address}]" if ":" in address else address
        netloc = f"{shown}:{parts.port}" if parts.port else shown
        request.headers["Host"] = parts.netloc
        request.url = urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
        return super().send(request, *args, **kwargs)


def call(
    method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes | None = None, auth: Any = None,
    timeout: tuple[float, float] = TIMEOUT,
) -> requests.Response:  # fmt: skip
    """This function will make one request to a checked address and return the answer, read to its end.

    InvalidInput for an address that may not be called, `requests.RequestException` when the other side does not answer or
    answers more than 20 MiB. Never inside a transaction.
    """
    with requests.Session() as session:
        session.trust_env = False  # no proxy and no .netrc of whoever started us
        session.mount("https://", _Pinned())
        session.mount("http://", _Pinned())
        with session.request(
            method,
            url,
            headers=headers,
            data=body,
            auth=auth,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as answer:
            content = bytearray()
            for chunk in answer.iter_content(65_536):
                content += chunk
                if len(content) > MOST_BYTES:
                    raise requests.RequestException(f"more than {MOST_BYTES} bytes")
            answer._content = bytes(content)  # what .content and .json() read
            return answer
