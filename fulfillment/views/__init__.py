"""Which pages does fulfillment show?"""
