"""Which Django app is inventory, and what does it tell the kernel about itself?"""

from importlib import import_module

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        """Register what others look up by name: approval handlers and tie-outs."""
        for module in ("inventory.services", "inventory.tie_outs"):
            import_module(module)
