"""When two thousand buyers want the last hundred units at once, does each get one answer and nobody a unit too many?"""
