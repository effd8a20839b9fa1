"""What may the program behind an API key do?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from erp.core.errors import PermissionRefused


def require(request: HttpRequest, permission: str) -> None:
    """This function will refuse a key whose user does not hold `permission`; programs may do what their key is for."""
    user: Any = request.user
    if not (user.is_system or user.may(permission)):
        raise PermissionRefused(
            f"this key does not hold {permission}", field="key", remedy="Ask for another key."
        )
