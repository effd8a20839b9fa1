"""Which pages does the order side show?"""
