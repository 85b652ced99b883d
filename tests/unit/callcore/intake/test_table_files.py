"""Tables of strangers."""

import io
import zipfile
from datetime import datetime

import pytest
import xlsxwriter

from callcore.intake.import_columns import columns_of, draft_of, row_of
from callcore.intake.table_files import MAX_BYTES, MAX_ROWS, read_table
from callcore.kernel.errors import Invalid

pytestmark = pytest.mark.unit

ROWS = [["Телефон", "Товар"], ["89124401825", "Профиль; «дуб»"]]


def refusal(raw: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        _ = read_table(raw)
    return refused.value.code


def workbook(**parts: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), body)
    return raw.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_encodings_and_separators(encoding: str, separator: str) -> None:
    text = f'Телефон{separator}Товар\r\n89124401825{separator}"Профиль; «дуб»"\r\n\r\n'
    assert read_table(text.encode(encoding)) == ROWS


def test_what_is_no_table_is_refused() -> None:
    assert refusal(b"MZ\x90\x00" + bytes(100)) == "table-unreadable"
    assert refusal(b"PK\x03\x04") == "table-unreadable"
    assert refusal(workbook(readme_xml=b"<a/>")) == "table-unreadable"
    assert refusal(workbook(xl__workbook_xml=b"<a>")) == "table-unreadable"
    assert refusal(b" " * (MAX_BYTES + 1)) == "table-too-big"
    assert refusal(b"\n \n") == "table-empty"
    assert refusal("Телефон\n".encode()) == "table-empty"
    assert refusal(("Телефон\n" + "8\n" * (MAX_ROWS + 1)).encode()) == "table-too-long"


def test_a_bomb_is_not_believed_by_its_own_sizes() -> None:
    honest = workbook(xl__workbook_xml=b"<a/>", xl__sheet_xml=bytes(70_000_000))
    assert refusal(honest) == "table-too-big"
    size = (70_000_000).to_bytes(4, "little")
    lying = honest.replace(size, (100).to_bytes(4, "little"))
    assert lying != honest
    assert refusal(lying) in {"table-too-big", "table-unreadable"}


def test_rows_of_one_number_are_one_order() -> None:
    places, strange = columns_of(["№", "ТЕЛЕФОН", "Артикул", "Кол-во", "Услуга", "Цвет", "Срок"])
    assert strange == ("Цвет",)
    rows = [
        row_of(["7", "89124401825", "PR-1", "40", "", "дуб", "25.12.2026"], places),
        row_of(["7", "", "", "", "монтаж", "", ""], places),
    ]
    draft, wrong = draft_of(rows, {})
    assert (draft.external_id, draft.customer.phone, wrong) == ("7", "89124401825", {})
    assert [(line.article, line.service, line.quantity) for line in draft.lines] == [
        ("PR-1", "", "40"),
        ("", "installation", "1"),
    ]
    assert str(draft.due_day) == "2026-12-25"
    assert draft_of([{"due": "31.02.2026", "region": "Луна"}], {})[1] == {
        "due_at": "not-a-date",
        "region": "not-listed",
    }
    with pytest.raises(Invalid):
        _ = columns_of(["Имя", "Город"])


def test_a_workbook_is_read_as_it_shows() -> None:
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Номер", "Телефон", "Кол-во", "Цена", "Срок", "Товар"])
        sheet.write_row(1, 0, [10452, 89124401825, 12.5, 222.75])
        sheet.write_datetime(1, 4, datetime(2027, 1, 5), book.add_format({"num_format": "dd.mm.yyyy"}))  # noqa: DTZ001
        sheet.write_formula(1, 5, '=HYPERLINK("x")', value="Профиль")
    assert read_table(raw.getvalue())[1] == [
        "10452",
        "89124401825",
        "12.5",
        "222.75",
        "2027-01-05",
        "Профиль",
    ]
