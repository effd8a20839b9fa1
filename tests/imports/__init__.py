"""Answers: does a file of any kind come in whole, once, with every fault named, and can it be taken back?"""
