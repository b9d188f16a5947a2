"""How much of a text is read. Beyond these a text is refused, so that none costs more than a second
and nothing that walks a tree needs to fear its depth."""

CHARACTERS = 2_000_000
"""Of a whole text: five times a spec of 10,000 lines."""
TOKENS = 400_000
"""Of a whole text, comments among them: four times a spec of 10,000 lines."""
LEVELS = 200
"""Of brackets within brackets, of layers in one chain, of terms in one sum."""
LETTERS = 255
"""Of a name."""
INTEGER = 2**63 - 1
"""Whole numbers are those of 64 bits, as in a tensor."""
MISTAKES = 50
"""So many are reported; the rest of a text with more is not read."""
