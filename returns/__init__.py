"""How do sold goods come back?"""
