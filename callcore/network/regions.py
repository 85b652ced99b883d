"""Subjects of the federation, what they are called and which border on which: the file that comes with the project."""

import csv
from functools import cache
from importlib.resources import files


def neighbours_of(code: str) -> tuple[str, ...]:
    """Codes (ISO 3166-2) in order; empty for a code that is not in the file."""
    return _rows()[code][1] if code in _rows() else ()


def name_of(code: str) -> str:
    """Empty for a code that is not in the file."""
    return _rows()[code][0] if code in _rows() else ""


@cache
def _rows() -> dict[str, tuple[str, tuple[str, ...]]]:
    text = files("config").joinpath("data", "regions.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: (row["name"], tuple(row["neighbours"].split())) for row in rows}
