"""How do promised goods leave the building?"""
