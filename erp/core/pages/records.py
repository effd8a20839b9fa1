"""How does every record page work: state, the one next action, facts, panels, timeline, notes, previous and next?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.views.generic import View

from erp.core.documents import document_url
from erp.core.pages.lists import ListPage
from erp.core.pages.looks import look_of, state_label
from erp.core.pages.parts import Action, Fact, Panel
from erp.core.pages.timeline import Timeline, timeline_of
from erp.core.permissions import actor_of, may_open
from erp.core.state_machine import Machine


class RecordPage(View):
    """Subclass it per noun; see docs/pages.md. `list_page`, `list_url_name`: previous, next and the breadcrumb."""

    permission: ClassVar[str] = ""
    title: ClassVar[str] = ""
    machine: ClassVar[Machine | None] = None
    list_page: ClassVar[type[ListPage] | None] = None
    list_url_name: ClassVar[str] = ""
    template_name: ClassVar[str] = "generic/record.html"
    has_timeline: ClassVar[bool] = True

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        """This function will return the document, or raise Http404 (use get_object_or_404 with select_related)."""
        raise NotImplementedError

    def get_title(self, obj: Any) -> str:
        return f"{self.title} {obj}".strip()

    def get_crumb(self, obj: Any) -> str:
        """This function will return the record's short name, the last of the breadcrumbs."""
        return str(obj)

    def get_subtitle(self, obj: Any) -> str:
        return ""

    def get_panels(self, obj: Any) -> list[Panel]:
        return []

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        """This function will return the actions, the likeliest first; what the user may not do is left out later."""
        return []

    def get_facts(self, obj: Any) -> list[Fact]:
        return []

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        """This function will return further badges beside the state: (words, tone, icon)."""
        return []

    def get_breadcrumbs(self, obj: Any) -> list[tuple[str, str]]:
        """This function will return further (label, address) between the list and this record."""
        return []

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """This function will show the record."""
        obj = self.get_object(request, **kwargs)
        return TemplateResponse(request, self.template_name, self.get_context(request, obj))

    def get_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """This function will return what the record template shows."""
        actions = _actions(self.get_actions(obj, request.user), request.user)
        panels = [shown for panel in self.get_panels(obj) if (shown := _visible(panel, request.user))]
        return {
            "record_page": self,
            "obj": obj,
            "title": self.get_title(obj),
            "crumb": self.get_crumb(obj),
            "subtitle": self.get_subtitle(obj),
            "document_type": obj._meta.label,
            "state": self._state(obj),
            "tags": self.get_tags(obj),
            "primary": next((item for item in actions if item.primary), None),
            "actions": [item for item in actions if not item.primary],
            "facts": self.get_facts(obj),
            "main_panels": [panel for panel in panels if panel.column == "main"],
            "side_panels": [panel for panel in panels if panel.column != "main"],
            "breadcrumbs": self._breadcrumbs(request, obj),
            "timeline": self._timeline(request, obj),
            "may_note": actor_of(request).may("core.note_add"),
            **self._neighbours(request, obj),
        }

    def _timeline(self, request: HttpRequest, obj: Any) -> Timeline | None:
        """The page of the timeline that `tl` (a kind) and `tlp` (a page number) ask for."""
        if not (self.has_timeline and isinstance(obj, Model)):
            return None
        page = request.GET.get("tlp", "")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        return timeline_of(obj, user=request.user, kind=request.GET.get("tl", "")[:20], page=number)

    def _state(self, obj: Any) -> dict[str, Any] | None:
        if not hasattr(obj, "state"):
            return None
        look = look_of(obj.state, obj._meta.label)
        owner = self.machine.owners.get(obj.state) if self.machine else None
        return {
            "label": state_label(obj),
            "tone": look.tone,
            "icon": look.icon,
            "owner": owner.label if owner else "",
        }

    def _breadcrumbs(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        url = may_open(request.user, self.list_url_name) if self.list_url_name else None
        if url:
            query = request.GET.get("from", "")
            title = self.list_page.title if self.list_page else "List"
            found.append((title, f"{url}?{query}" if query else url))
        return found + self.get_breadcrumbs(obj)

    def _neighbours(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The rows before and after this one in the list it was opened from, as the query string remembers it."""
        position = request.GET.get("at", "")
        if self.list_page is None or not (position.isascii() and position.isdigit()) or len(position) > 9:
            return {}
        query = request.GET.get("from", "")
        rows = self.list_page().ordered_rows(request, QueryDict(query)).values_list("pk", flat=True)
        start = max(int(position) - 10, 0)
        window = list(rows[start : int(position) + 11])
        if obj.pk not in window:
            return {}
        index = window.index(obj.pk)
        found: dict[str, Any] = {"position": start + index + 1}
        if index > 0:
            found["previous"] = _at(obj, window[index - 1], query, start + index - 1)
        if index + 1 < len(window):
            found["next"] = _at(obj, window[index + 1], query, start + index + 1)
        return found


def _at(obj: Any, pk: int, query: str, position: int) -> str:
    return f"{document_url(obj._meta.label, pk) or ''}?{urlencode({'from': query, 'at': position})}"


def _actions(actions: list[Action], user: Any) -> list[Action]:
    """Leave out what the user may not do; at most one stays primary, and a disabled one never is."""
    shown: list[Action] = []
    has_primary = False
    for action in actions:
        if not user.may(action.permission):
            continue
        is_primary = action.primary and not action.disabled_reason and not has_primary
        has_primary = has_primary or is_primary
        shown.append(action if action.primary == is_primary else replace(action, primary=is_primary))
    return shown


def _visible(panel: Panel, user: Any) -> Panel | None:
    """A lazy panel of an app that is not there, or that this user may not open, is left out."""
    if panel.lazy_url is None:
        return panel
    url = may_open(user, panel.lazy_url, *panel.lazy_args)
    if url is None:
        return None
    return replace(panel, lazy_url=f"{url}?{panel.lazy_query}" if panel.lazy_query else url)
