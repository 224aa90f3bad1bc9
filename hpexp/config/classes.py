"""The classes of data sets that are known by name, with how many examples each has."""

from __future__ import annotations

from typing import TypeAlias

Classes: TypeAlias = tuple[tuple[str, int], ...]
"""Names with their numbers of examples in all splits together, in the order of the classes' numbers."""

_DIGITS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)
_TABLES: dict[str, Classes] = {
    "digits": tuple((str(digit), count) for digit, count in enumerate(_DIGITS)),
    "iris": (("setosa", 50), ("versicolor", 50), ("virginica", 50)),
    "wine": (("class_0", 59), ("class_1", 71), ("class_2", 48)),
    "breast_cancer": (("malignant", 212), ("benign", 357)),
}
_MADE = {"blobs": 3, "moons": 2, "spirals": 2}
"""Classes of data that are made on the spot, where the file does not say."""


def builtin_classes(name: str, examples: int, chosen: object) -> Classes:
    """Those of a built-in data set, `chosen` in number where the file says so; none of quantities.

    As in scikit-learn, what does not divide evenly goes to the first classes; of moons to the last.
    """
    if name not in _MADE:
        return _TABLES.get(name, ())
    count = chosen if isinstance(chosen, int) and chosen else _MADE[name]
    each, more = divmod(examples, count)
    late = name == "moons"
    sizes = [each + (count - place <= more if late else place < more) for place in range(count)]
    return tuple((str(place), size) for place, size in enumerate(sizes))
