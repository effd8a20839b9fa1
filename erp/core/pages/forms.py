"""How does every create and edit page work: one form, one service call, refusals on the field, safe to send twice?"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.generic import View

from erp.core.errors import KeelError
from erp.core.forms import add_refusal, helper_for
from erp.core.permissions import actor_of
from erp.core.services.form_token import form_submit_once


class FormPage(View):
    """Subclass it per noun and verb; `perform` makes the ONE service call and returns where to go."""

    permission: ClassVar[str] = ""
    title: ClassVar[str] = ""
    form_class: ClassVar[type[forms.BaseForm]]
    submit_label: ClassVar[str] = "Save"
    help_text: ClassVar[str] = ""
    done: ClassVar[str] = "Saved."
    template_name: ClassVar[str] = "generic/form.html"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """This function will return the first values of the form; the query string fills fields of the same name."""
        return {name: value for name, value in request.GET.items() if name in self.form_class.base_fields}  # type: ignore[attr-defined]

    def get_form(
        self, request: HttpRequest, data: Any = None, files: Any = None, **kwargs: Any
    ) -> forms.BaseForm:
        """This function will return the form, bound when there is data."""
        return self.form_class(data=data, files=files, initial=self.get_initial(request, **kwargs))

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return self.title

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        """This function will return (label, address) of the pages above this one."""
        return []

    def get_extra_context(self, request: HttpRequest, form: forms.BaseForm, **kwargs: Any) -> dict[str, Any]:
        return {}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        """This function will make the service call and return the address to go to; it may raise KeelError."""
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._show(request, self.get_form(request, **kwargs), str(uuid.uuid4()), **kwargs)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request, data=request.POST, files=request.FILES, **kwargs)
        token = request.POST.get("form_token", "") or str(uuid.uuid4())
        if not form.is_valid():
            return self._show(request, form, token, status=422, **kwargs)
        try:
            target, is_new = form_submit_once(
                token=f"{request.path}:{token}",
                act=lambda: self.perform(request, form, **kwargs),
                actor=actor_of(request),
                at=timezone.now(),
            )
        except KeelError as refusal:
            add_refusal(form, refusal)
            return self._show(request, form, token, status=422, **kwargs)
        if is_new:
            messages.success(request, self.done)
        else:
            messages.info(request, "This was already saved; nothing was done twice.")
        return redirect(target)

    def _show(
        self, request: HttpRequest, form: forms.BaseForm, token: str, status: int = 200, **kwargs: Any
    ) -> HttpResponse:
        context = {
            "title": self.get_title(request, **kwargs),
            "form_page": self,
            "form": form,
            "helper": helper_for(form),
            "form_token": token,
            "breadcrumbs": self.get_breadcrumbs(request, **kwargs),
            **self.get_extra_context(request, form, **kwargs),
        }
        return TemplateResponse(request, self.template_name, context, status=status)
