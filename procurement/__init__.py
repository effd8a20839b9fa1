"""How do goods get bought and received?"""
