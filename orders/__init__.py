"""Who wants what, on which terms, and what have we promised?"""
