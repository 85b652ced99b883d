"""What a file is its bytes say; the store keeps it by its content."""

import hashlib
import io
import zipfile

import pytest

from callcore.kernel.errors import Invalid, NotFound
from callcore.orders.file_kinds import clean_name, read_kind
from callcore.orders.file_store import FolderStore

pytestmark = pytest.mark.unit
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
EXE = b"MZ\x90\x00\x03" + b"\0" * 200


def office(*names: str, first: tuple[str, str] | None = None) -> bytes:
    """Without the time of its making: its bytes are names of tests, the same in every worker."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        if first:
            archive.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "x")
    return made.getvalue()


XLSX = office("[Content_Types].xml", "xl/workbook.xml")
ODT = office("content.xml", first=("mimetype", "application/vnd.oasis.opendocument.text"))


@pytest.mark.parametrize(
    ("name", "body", "media_type"),
    [
        ("счёт.pdf", PDF, "application/pdf"),
        ("схема.PNG", PNG, "image/png"),
        ("фото.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("фото.gif", b"GIF89a", "image/gif"),
        ("фото.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        ("смета.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("письмо.odt", ODT, "application/vnd.oasis.opendocument.text"),
        ("список.csv", "код;цена\r\n1;2".encode("cp1251"), "text/csv"),
        ("заметка.txt", "Привет\n".encode(), "text/plain"),
    ],
)
def test_a_file_is_what_its_name_says(name, body, media_type):
    assert read_kind(name, io.BytesIO(body)).media_type == media_type


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("счёт.pdf", EXE, "file-disguised"),
        ("счёт.pdf", PNG, "file-disguised"),
        ("счёт.pdf", b"%PDF-1.7 cut short", "file-disguised"),
        ("заметка.txt", EXE, "file-disguised"),
        ("смета.xlsx", office("a.txt"), "file-disguised"),
        ("смета.xlsx", office("[Content_Types].xml", "xl/vbaProject.bin"), "file-disguised"),
        ("смета.docx", XLSX, "file-disguised"),
        ("смета.xlsx", XLSX[:60], "file-disguised"),
        ("письмо.ods", ODT, "file-disguised"),
        ("setup.exe", EXE, "file-kind"),
        ("счёт.pdf.exe", PDF, "file-kind"),
        ("страница.html", b"<script>", "file-kind"),
        ("картинка.svg", b"<svg/>", "file-kind"),
        ("pdf", PDF, "file-kind"),
        ("счёт.pdf", b"", "file-empty"),
    ],
)
def test_what_is_disguised_or_not_wanted_is_refused(name, body, code):
    with pytest.raises(Invalid, match=code) as refused:
        read_kind(name, io.BytesIO(body))
    assert list(refused.value.details["fields"]) == ["file"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\docs\\счёт.pdf", "счёт.pdf"),
        ("gpj.\u202efdp.exe", "gpj.fdp.exe"),
        ('a"b<c>.pdf', "abc.pdf"),
        ("я" * 300 + ".pdf", "я" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(typed, kept):
    assert clean_name(typed) == kept


async def test_equal_files_are_kept_once_and_too_big_ones_leave_nothing(tmp_path):
    store = FolderStore(tmp_path, max_bytes=100)
    kept = [await store.keep(io.BytesIO(PDF)) for _ in range(2)]
    assert kept[0] == kept[1]
    assert kept[0].sha256 == hashlib.sha256(PDF).hexdigest()
    assert (await store.path(kept[0].sha256)).read_bytes() == PDF
    with pytest.raises(Invalid, match="file-too-big"):
        await store.keep(io.BytesIO(b"x" * 101))
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 1
    for wrong in ("../" + "a" * 61, "f" * 64):
        with pytest.raises(NotFound):
            await store.path(wrong)
