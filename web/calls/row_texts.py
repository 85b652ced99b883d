"""Lines of the journal as ready markup. A line depends on its row, the reader's zone and whether he calls, and the newest page is asked
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
        self._modules: dict[tuple[str, bool], Any] = {}
        self._texts: OrderedDict[tuple[JournalRow, str, bool], Markup] = OrderedDict()

    def html(self, row: JournalRow, tz: str, *, can_call: bool = False) -> Markup:
        key = (row, tz, can_call)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = Markup(self._module(tz, can_call).call_row(row))  # noqa: S704 - made by an escaping template
            if len(self._texts) > KEPT:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return text

    def _module(self, tz: str, can_call: bool) -> Any:
        module = self._modules.get((tz, can_call))
        if module is None:
            context = {"viewer": SimpleNamespace(tz=tz), "words": words, "can_call": can_call}
            module = self._modules[(tz, can_call)] = self._template.make_module(context)
        return module


ROW_TEXTS = web.AppKey("row_texts", RowTexts)
