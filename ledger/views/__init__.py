"""Which pages does ledger show?"""
