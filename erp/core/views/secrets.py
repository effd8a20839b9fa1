"""How is a secret shown, once, to the person who made it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import get_random_string

from erp.core.errors import KeelError
from erp.core.forms import add_refusal
from erp.core.pages import FormPage


@dataclass(frozen=True)
class Shown:
    """A secret, what it is of, and where to go on."""

    title: str
    secret: str
    url: str
    told: str


def show_secret(request: HttpRequest, shown: Shown) -> HttpResponse:
    """This function will answer with the secret itself: it is in no session, no cache and no address."""
    answer = render(request, "core/secret.html", {"title": shown.title, "shown": shown})
    answer["Cache-Control"] = "no-store"
    return answer


class SecretForm(FormPage):
    """A form whose act makes a secret; `make` returns it. Sent twice it makes one: the name is taken then."""

    def make(self, request: HttpRequest, form: Any, **kwargs: Any) -> Shown:
        """This function will make the ONE service call; it may raise KeelError."""
        raise NotImplementedError

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request, data=request.POST, **kwargs)
        token = request.POST.get("form_token", "") or get_random_string(32)
        if not form.is_valid():
            return self._show(request, form, token, status=422, **kwargs)
        try:
            return show_secret(request, self.make(request, form, **kwargs))
        except KeelError as refusal:
            add_refusal(form, refusal)
            return self._show(request, form, token, status=422, **kwargs)
