"""What is everybody told at the top of each page?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from erp.core.banner_registry import banners_for
from erp.core.permissions import actor_of, page


@page("core.view")
@require_GET
def banner_list(request: HttpRequest) -> HttpResponse:
    """This function will render what does not work now; nothing when all is well."""
    banners = banners_for(actor_of(request), at=timezone.now())
    return render(request, "core/partials/_banners.html", {"banners": banners})
