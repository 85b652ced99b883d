"""The report as an XLSX file. What people typed stays text: no cell begins a formula."""

import io
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from callcore.calls.transfer_queries import TransferView
from callcore.orders.views import OrderBrief
from web.transfers import words

TITLES: Final = (
    "Когда", "Звонок", "Перевод в звонке", "Кто", "Откуда", "Кому", "Куда", "Вид получателя", "Как", "Ждал, с",
    "Говорили, с", "Итог", "Вернулся к", "Клиент", "Телефон", "Заказ", "Статус заказа", "Дилер заказа",
    "Цепочка", "Запись",
)  # fmt: skip
_LINK: Final = len(TITLES) - 1
_AS_WRITTEN: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MAX_CELL: Final = 32_000


def make_book(found: Sequence[TransferView], orders: Mapping[int, OrderBrief], tz: str, site: str) -> bytes:
    """`site` begins the links to recordings, which ask for one's own sign-in. Takes tens of milliseconds for a thousand lines: not for the event loop."""
    file = io.BytesIO()
    book = Workbook(file, _AS_WRITTEN)
    sheet = book.add_worksheet("Переводы")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(TITLES) - 1, 20)
    for number, row in enumerate((TITLES, *(_cells(one, orders, tz, site) for one in found))):
        for column, value in enumerate(row):
            if column == _LINK and number and value:
                sheet.write_url(number, column, str(value), string="Слушать")
            elif isinstance(value, int):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, _plain(value))
    book.close()
    return file.getvalue()


def _cells(view: TransferView, orders: Mapping[int, OrderBrief], tz: str, site: str) -> tuple[str | int, ...]:
    call = view.call
    order = orders.get(call.order_id) if call is not None and call.order_id is not None else None
    return (
        f"{view.at.astimezone(ZoneInfo(tz)):%d.%m.%Y %H:%M:%S}",
        call.call_id if call else "",
        view.ordinal,
        words.party(view.sender),
        view.sender.place,
        words.party(view.target),
        view.target.place,
        words.to_kind_words(view.target.kind),
        words.kind_words(view.kind),
        view.wait_s,
        view.talk_s,
        words.result_mark(view.result).text,
        view.returned_to,
        call.customer_name if call else "",
        call.phone.text if call and call.phone else "",
        order.number if order else "",
        order.status_name if order else "",
        order.org_name if order else "",
        words.chain_words(view) if view.chain_length > 1 else "",
        f"{site}/calls/{quote(call.call_id, safe='')}#call-recordings" if call and view.recording_id else "",
    )


def _plain(text: str) -> str:
    return f"'{text}"[:_MAX_CELL] if text.startswith(_FORMULA) else text[:_MAX_CELL]
