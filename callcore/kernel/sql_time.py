"""Arithmetic with instants inside a query, the same on both databases."""

from typing import Any

from sqlalchemy import Float, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class seconds_between(FunctionElement[float]):  # noqa: N801 - reads as a function in a query
    """`seconds_between(earlier, later)`: with fractions, none when either is none."""

    type = Float()
    inherit_cache = True
    name = "seconds_between"


class epoch_s(FunctionElement[int]):  # noqa: N801 - as above
    """`epoch_s(instant)`: whole seconds since 1970 in UTC."""

    type = Integer()
    inherit_cache = True
    name = "epoch_s"


@compiles(seconds_between, "sqlite")
def _between_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _between_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({later} - {earlier})) AS DOUBLE PRECISION)"


@compiles(epoch_s, "sqlite")
def _epoch_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    (instant,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(strftime('%s', {instant}) AS INTEGER)"


@compiles(epoch_s, "postgresql")
def _epoch_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    (instant,) = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {instant})) AS BIGINT)"
