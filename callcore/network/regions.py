"""Which subjects of the federation border on which: the file that comes with the project."""

import csv
from functools import cache
from importlib.resources import files


def neighbours_of(code: str) -> tuple[str, ...]:
    """Codes (ISO 3166-2) in order; empty for a code that is not in the file."""
    return _neighbours().get(code, ())


@cache
def _neighbours() -> dict[str, tuple[str, ...]]:
    text = files("config").joinpath("data", "regions.csv").read_text(encoding="utf-8")
    return {row["code"]: tuple(row["neighbours"].split()) for row in csv.DictReader(text.splitlines())}
