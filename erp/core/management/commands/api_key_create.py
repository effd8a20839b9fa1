"""Answers: how does an administrator give a program a key to the REST API?"""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from erp.core.errors import KeelError
from erp.core.models import User
from erp.core.services.api_key import api_key_create
from erp.core.services.user import system_user


class Command(BaseCommand):
    """Make a key and print its secret, the only time it can be seen."""

    help = "Creates an API key and prints its secret once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name, whom it acts as, which channel it may feed, and how long it lives."""
        parser.add_argument("name")
        parser.add_argument("--user", help="acts as this user (default: the program “api”)")
        parser.add_argument("--channel", default="", help="orders may only enter this channel")
        parser.add_argument(
            "--scope", action="append", help="what it may be used for, e.g. orders:write (default: all)"
        )
        parser.add_argument("--days", type=int, help="expires after so many days (default: never)")

    def handle(self, *args: Any, **options: Any) -> str:
        """Create the key; the secret is the only line on standard output."""
        now = timezone.now()
        user = system_user("api")
        if options["user"]:
            found = User.objects.filter(username=options["user"], is_active=True).first()
            if found is None:
                raise CommandError(f"There is no active user {options['user']!r}.")
            user = found
        try:
            _, secret = api_key_create(
                name=options["name"],
                user=user,
                channel_code=options["channel"],
                scopes=options["scope"] or ["*"],
                expires_at=now + timedelta(days=options["days"]) if options["days"] else None,
                actor=system_user(),
                at=now,
            )
        except KeelError as error:
            raise CommandError(f"{error.message}. {error.remedy}") from error
        return secret
