"""What nodes mean as mathematics: numbers, equality, growth, conditions. The only door to sympy.

Text is read elsewhere; nothing here turns text into terms.
"""
