"""Texts are found in the usual spellings: SQLite knows nothing of small and capital Cyrillic letters."""

from typing import Any

from sqlalchemy import ColumnElement, or_


def contains_text(column: Any, text: str) -> ColumnElement[bool]:
    """A condition: the column holds `text` as typed, small, capital or with capital first letters."""
    spellings = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
    return or_(*(column.contains(one, autoescape=True) for one in sorted(spellings)))
