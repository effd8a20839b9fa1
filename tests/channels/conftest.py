"""What does every test of the channels find? The same as the tests of orders."""

from tests.orders.conftest import as_, proven

__all__ = ["as_", "proven"]
