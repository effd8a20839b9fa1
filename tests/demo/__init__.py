"""Answers: do the demo company and the proofs work?"""
