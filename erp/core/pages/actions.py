"""How does a page do one act: one service call, its refusal shown with the remedy, and back to where the user was?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from erp.core.errors import InvalidInput, KeelError


def run_action(
    request: HttpRequest,
    call: Callable[[], Any],
    *,
    done: str | Callable[[Any], str],
    url: str | Callable[[Any], str],
) -> HttpResponse:
    """This function will run `call`, say `done` (or why not, and what to do instead), and go to `url`.

    `done` and `url` may be functions of what `call` returned. A form field `next` (same host) wins over `url`.
    """
    try:
        _check_text(request)
        result = call()
    except KeelError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect(
            back_url(request, url if isinstance(url, str) else request.headers.get("Referer", "/"))
        )
    messages.success(request, done if isinstance(done, str) else done(result))
    return redirect(back_url(request, url if isinstance(url, str) else url(result)))


def _check_text(request: HttpRequest) -> None:
    """PostgreSQL can not store NUL, and nobody types it."""
    for name, values in request.POST.lists():
        if any("\0" in value for value in values):
            raise InvalidInput(
                f"“{name}” holds a NUL character", field=name, remedy="Remove it and send again."
            )


def refusal_text(refusal: KeelError) -> str:
    """This function will write a refusal as one line: what, and the remedy."""
    parts = [refusal.message.rstrip(".") + ".", refusal.remedy]
    return " ".join(part for part in parts if part)


def back_url(request: HttpRequest, default: str) -> str:
    """This function will return the `next` that the form carries if it stays on this host, else `default`."""
    wanted = request.POST.get("next", "")
    hosts = {request.get_host()}
    if wanted and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=hosts, require_https=request.is_secure()
    ):
        return wanted
    return default if url_has_allowed_host_and_scheme(default, allowed_hosts=hosts) else "/"
