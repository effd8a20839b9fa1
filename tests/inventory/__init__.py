"""Does the stock side do what it says?"""
