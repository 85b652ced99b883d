"""Rows of the order list as ready markup. A row depends on what is told of the order, on the reader's columns and zone and
on the minute; the same page is asked for by many and again whenever an order moves, so rows are kept."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment
from markupsafe import Markup

from callcore.orders.list_model import ListRow
from web.calls import words as call_words
from web.orders import list_words, words
from web.orders.columns import Column, product

KEPT: Final = 4000
MAX_LOOKS: Final = 200


@dataclass(frozen=True, slots=True)
class Look:
    """Whose eyes: all of a viewer on which a row depends."""

    tz: str
    is_staff: bool
    distributes: bool
    has_actions: bool
    columns: tuple[Column, ...]
    refused_columns: tuple[Column, ...]


class OrderRowTexts:
    """The least recently used rows are forgotten first. What a viewer may not see is not in his row, so nobody gets
    another one's; whose time alone is counted down is made anew each time."""

    def __init__(self, environment: Environment) -> None:
        self._template = environment.get_template("orders/list_row.html")
        self._modules: dict[Look, Any] = {}
        self._texts: OrderedDict[tuple[ListRow, Look, int], Markup] = OrderedDict()

    def html(self, row: ListRow, look: Look, now: datetime) -> Markup:
        if row.others_from is not None:
            return self._made(row, look, now)
        key = (row, look, int(now.timestamp() // 60))
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = self._made(row, look, now)
            if len(self._texts) > KEPT:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return text

    def _made(self, row: ListRow, look: Look, now: datetime) -> Markup:
        return Markup(self._module(look).list_row(row, now))  # noqa: S704 - made by an escaping template

    def _module(self, look: Look) -> Any:
        if look not in self._modules:
            if len(self._modules) >= MAX_LOOKS:
                self._modules.clear()
            self._modules[look] = self._template.make_module(
                {
                    "viewer": SimpleNamespace(tz=look.tz, is_staff=look.is_staff),
                    "columns": look.columns,
                    "refused_columns": look.refused_columns,
                    "has_actions": look.has_actions,
                    "distributes": look.distributes,
                    "orders": words,
                    "words": call_words,
                    "list_words": list_words,
                    "product": product,
                }
            )
        return self._modules[look]


ROW_TEXTS = web.AppKey("order_row_texts", OrderRowTexts)
