"""How is a list's state kept under a name, and how does a person keep their own settings?"""

from __future__ import annotations

import zoneinfo

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import SavedView, User


@transaction.atomic
def saved_view_save(
    *, list_code: str, name: str, query: str, is_shared: bool, is_default: bool, actor: User
) -> SavedView:
    """This function will keep `query` under `name` for `actor`, replacing its namesake; one default per list."""
    name = name.strip()
    if not name or len(name) > 60:
        raise InvalidInput(
            "A view needs a name of 1 to 60 characters", field="name", remedy="Give it a short name."
        )
    if len(query) > 4_000 or not list_code or len(list_code) > 60:
        raise InvalidInput("That view is too large to keep", field="query", remedy="Use fewer filters.")
    if is_default:
        SavedView.objects.filter(user=actor, list_code=list_code, is_default=True).update(is_default=False)
    view, _ = SavedView.objects.update_or_create(
        user=actor,
        list_code=list_code,
        name=name,
        defaults={"query": query, "is_shared": is_shared, "is_default": is_default},
    )
    return view


def saved_view_delete(*, view_id: int, actor: User) -> None:
    """This function will remove one of the actor's own views; NotFound for somebody else's."""
    deleted, _ = SavedView.objects.filter(pk=view_id, user=actor).delete()
    if not deleted:
        raise NotFound(
            "That view is not yours or is gone", field="view", remedy="Only its owner can remove a view."
        )


def user_set_preferences(*, actor: User, theme: str, time_zone: str) -> None:
    """This function will keep the actor's theme and time zone."""
    if theme not in dict(User.THEMES):
        raise InvalidInput("Unknown theme", field="theme", remedy="Choose auto, light or dark.")
    if time_zone not in zoneinfo.available_timezones():
        raise InvalidInput("Unknown time zone", field="time_zone", remedy="Choose one from the list.")
    User.objects.filter(pk=actor.pk).update(theme=theme, time_zone=time_zone)
