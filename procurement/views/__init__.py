"""Which pages does procurement show?"""
