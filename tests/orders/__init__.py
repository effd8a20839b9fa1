"""Answers: does the order side do what it says?"""
