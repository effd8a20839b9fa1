"""Which Django app is procurement?"""

from importlib import import_module

from django.apps import AppConfig


class ProcurementConfig(AppConfig):
    name = "procurement"

    def ready(self) -> None:
        """Let services register what an approval sets in motion, and the close its tie-outs, in every process."""
        import_module("procurement.services")
        import_module("procurement.tie_outs")
