"""Who acts when no person does?"""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from erp.core.models import User


def system_user(code: str = "system") -> User:
    """This function will return the program `code` ("system", "replay", "channel"…) as an actor, made when
    first asked for.

    A program has no password and never logs in.
    """
    user = User.objects.filter(username=code, is_system=True).first()
    if user is not None:
        return user
    user, _ = User.objects.get_or_create(
        username=code,
        defaults={"is_system": True, "first_name": code.capitalize(), "password": make_password(None)},
    )
    if not user.is_system:
        raise ValueError(f"“{code}” is a person; a program needs another name")
    return user
