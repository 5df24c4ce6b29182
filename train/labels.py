"""Which output rows of the network stand for which class, and what a label allows a token to be.

The 35 rows of the model we start from are kept, so that nothing it knows is
forgotten; six rows are added. A class's probability is the sum of its rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ADDED", "CLASSES", "ROWS", "START_ROWS", "allowed"]

START_ROWS: Final = 35
ADDED: Final = ("ORGANIZATION", "DATE_TIME", "NRP", "AGE", "USERNAME", "PLACE")
ROWS: Final = START_ROWS + len(ADDED)
# Rows 0..34 in the order of the model's own `id2label` (B- and I- of 17 kinds, after O).
CLASSES: Final[Mapping[str, tuple[int, ...]]] = {
    "O": (0,),
    "PERSON": (1, 2, 3, 4),
    "EMAIL_ADDRESS": (5, 6),
    "PHONE_NUMBER": (7, 8),
    "URL": (9, 10),
    "ID": tuple(range(11, 23)),
    "ADDRESS": (23, 24, 25, 26, 27, 28, 33, 34),
    "LOCATION": (29, 30, 31, 32, 40),
    "ORGANIZATION": (35,),
    "DATE_TIME": (36,),
    "NRP": (37,),
    "AGE": (38,),
    "USERNAME": (39,),
}


def allowed(label: str, known: Iterable[str]) -> tuple[int, ...] | None:
    """Return the rows that a token of `label` may be; None leaves it out of the loss.

    An unlabelled token ("O") of a source that does not annotate a class may be
    of that class: its rows are allowed beside O. In an address the town's rows
    are right too.
    """
    if label == "ANY":
        return None
    if label == "O":
        missing = [rows for name, rows in CLASSES.items() if name not in {"O", *known}]
        return (0, *(row for rows in missing for row in rows))
    if label == "ADDRESS":
        return CLASSES["ADDRESS"] + CLASSES["LOCATION"]
    if label == "MISC":  # nationalities, works, events: some are NRP
        return (0, *CLASSES["NRP"], *CLASSES["ORGANIZATION"], *CLASSES["DATE_TIME"])
    return CLASSES[label]
