"""Who writes the role table into Django's groups?"""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction

from erp.core.models import User
from erp.core.roles import Role


@transaction.atomic
def role_sync() -> None:
    """This function will make sure that a group exists for every role (idempotent)."""
    for role in Role:
        Group.objects.get_or_create(name=role.value)


@transaction.atomic
def role_grant(*, user: User, roles: list[Role]) -> None:
    """This function will set exactly these roles on a user; they apply at the next request."""
    user.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
