"""Which figures can be read from the roll-ups and the journals, each with one statement?"""
