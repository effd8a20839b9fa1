"""Which Django app is ledger?"""

from importlib import import_module

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "ledger"

    def ready(self) -> None:
        """Register the approvals and the tie-outs: whoever decides or closes must find them, in every process."""
        import_module("ledger.services")
        import_module("ledger.tie_outs")
