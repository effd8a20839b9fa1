"""How does each channel speak? Adapters turn its messages into `orders.services.OrderCommand`."""
