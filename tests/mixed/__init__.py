"""Whatever people and programs do to the same twenty products at once, does every unit stay accounted for?"""
