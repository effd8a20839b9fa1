"""Which Django app is returns?"""

from importlib import import_module

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"

    def ready(self) -> None:
        """Let services register what an approval sets in motion, in every process."""
        import_module("returns.services")
