"""How does a person come in, go out, and set theme and time zone?"""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.contrib.auth.views import LogoutView as DjangoLogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from erp.core import navigation
from erp.core.models import User
from erp.core.pages import FormPage
from erp.core.pages.actions import back_url
from erp.core.permissions import PUBLIC, actor_of, page
from erp.core.services.saved_view import user_set_preferences


class LoginView(DjangoLoginView):
    """The one way in, for the admin site too."""

    permission = PUBLIC
    template_name = "core/login.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return navigation.landing_url(self.request.user) or reverse("home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["expired"] = self.request.GET.get("expired") == "1"
        return context


class LogoutView(DjangoLogoutView):
    permission = PUBLIC


class ProfileForm(forms.Form):
    theme = forms.ChoiceField(choices=User.THEMES, widget=forms.RadioSelect)
    time_zone = forms.ChoiceField(
        choices=[
            (name, name) for name in sorted(zoneinfo.available_timezones()) if "/" in name or name == "UTC"
        ]
    )


class ProfilePage(FormPage):
    permission = "core.view"
    title = "Profile"
    form_class = ProfileForm
    done = "Your settings are kept."
    template_name = "core/profile.html"

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"theme": actor_of(request).theme, "time_zone": actor_of(request).time_zone}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        user_set_preferences(actor=actor_of(request), **form.cleaned_data)
        return reverse("profile")


@page("core.view")
@require_POST
def theme_switch(request: HttpRequest) -> HttpResponse:
    """This function will keep the theme that the top bar's switch asks for."""
    user = actor_of(request)
    theme = request.POST.get("theme", "auto")
    user_set_preferences(
        actor=user, theme=theme if theme in dict(User.THEMES) else "auto", time_zone=user.time_zone
    )
    return redirect(back_url(request, reverse("home")))
