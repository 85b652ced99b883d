"""Lines of the journal as ready markup. A line depends on its row and the reader's zone alone, and the newest page is asked
for again by everybody whenever a call comes, so lines are kept."""

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment
from markupsafe import Markup

from callcore.calls.views import JournalRow
from web.calls import words

KEPT: Final = 2000


class RowTexts:
    """The least recently used lines are forgotten first. A changed call is another row, so nothing goes stale; what a
    viewer may not see is not in his row, so nobody gets another one's line."""

    def __init__(self, environment: Environment) -> None:
        self._template = environment.get_template("calls/row.html")
        self._modules: dict[str, Any] = {}
        self._texts: OrderedDict[tuple[JournalRow, str], Markup] = OrderedDict()

    def html(self, row: JournalRow, tz: str) -> Markup:
        key = (row, tz)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = Markup(self._module(tz).call_row(row))  # noqa: S704 - made by an escaping template
            if len(self._texts) > KEPT:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return text

    def _module(self, tz: str) -> Any:
        if tz not in self._modules:
            self._modules[tz] = self._template.make_module({"viewer": SimpleNamespace(tz=tz), "words": words})
        return self._modules[tz]


ROW_TEXTS = web.AppKey("row_texts", RowTexts)
