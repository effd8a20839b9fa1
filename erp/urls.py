"""Which address leads to which app? The composition root: the only place that knows them all."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse

from erp.core.permissions import page, public
from orders.views.webhook import webhook_view

APPS = ("orders", "fulfillment", "inventory", "procurement", "returns", "ledger", "reporting")
# What an app may hang into the pages of the kernel: search providers, queues of the home page, timeline entries,
# the buttons of exception cases, what everybody is told at the top of each page.
ROOMS = ("search", "queues", "timeline", "playbooks", "banners")

admin.site.site_header = "Keel administration"
admin.site.site_title = "Keel"
admin.site.index_title = "Master data and read-only windows"


@public
def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin site has no log-in of its own."""
    return redirect(f"{reverse('login')}?next={reverse('admin:index')}")


@page("reporting.view")
def to_tower(request: HttpRequest) -> HttpResponse:
    """The control tower is what a shift starts with: it has an address short enough to type."""
    return redirect("reporting:tower")


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("erp.health")),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("", include("erp.core.urls")),
    path("tower/", to_tower),
    path("channels/<slug:slug>/webhooks/", webhook_view, name="channel_webhook"),
]
if find_spec("erp.api"):
    urlpatterns.append(path("api/v1/docs", import_module("erp.api_docs").docs, name="api_docs"))
    urlpatterns.append(path("api/v1/", import_module("erp.api").api.urls))
for app in APPS:
    if find_spec(f"{app}.urls"):
        urlpatterns.append(path(f"{app}/", include(f"{app}.urls")))
for app in ("erp.core", *APPS):
    for room in ROOMS:
        if find_spec(f"{app}.{room}"):
            import_module(f"{app}.{room}")

handler403 = "erp.core.views.faults.forbidden"
handler404 = "erp.core.views.faults.not_found"
handler500 = "erp.core.views.faults.server_error"
