"""Can white letters be read on a colour?"""

from __future__ import annotations


def contrast_with_white(colour: str) -> float:
    """This function will return the contrast ratio of white on `colour` ("#1d4ed8"), 1 to 21 (WCAG 2.2, relative luminance)."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    red, green, blue = linear
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
