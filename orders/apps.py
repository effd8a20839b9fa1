"""Which Django app is orders?"""

from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        """Let services register what an approval sets in motion, in every process."""
        import_module("orders.services")
