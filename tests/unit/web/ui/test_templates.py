"""Templates name only icons and static files that exist, and every page is whole."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import web
from tests.unit.web.conftest import Browser
from web.ui.icons import LIST, icon_names, symbol_id

pytestmark = pytest.mark.unit
WEB = Path(web.__file__).parent
TEMPLATES = [path for path in WEB.rglob("templates/**/*.html") if "node_modules" not in path.parts]
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect", "circle", "line", "use"}


def test_icons_are_in_the_sprite() -> None:
    known = {symbol_id(name) for name in icon_names(LIST.read_text(encoding="utf-8"))}
    used = {
        (path.name, name)
        for path in TEMPLATES
        for name in re.findall(r"""icon\(["']([\w-]+)["']""", path.read_text(encoding="utf-8"))
    }
    assert len(used) > 20
    assert {name for _, name in used} - known == set()


def test_templates_hold_nothing_inline() -> None:
    wrong = [
        path.name
        for path in TEMPLATES
        if re.search(
            r"\sstyle=\"[^\"]*:|<style(?! nonce=)|\son(?:click|change|submit|load|input)=|<script(?! src=)",
            path.read_text(encoding="utf-8"),
        )
    ]
    assert wrong == []


class Tags(HTMLParser):
    """Notices a tag that closes another than the last opened one, and an id used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")


@pytest.mark.parametrize("path", ["/ui", "/nowhere", "/hello?x"])
async def test_pages_are_well_formed(operator: Browser, path: str) -> None:
    tags = Tags()
    tags.feed(await (await operator.get(path)).text())
    assert tags.wrong == []
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids))


async def test_the_gallery_shows_every_component(operator: Browser) -> None:
    gallery = (WEB / "ui" / "templates" / "gallery.html").read_text(encoding="utf-8")
    facade = (WEB / "ui" / "templates" / "components" / "ui.html").read_text(encoding="utf-8")
    base = (WEB / "ui" / "templates" / "base.html").read_text(encoding="utf-8")
    names = set(re.findall(r"\{% set (\w+) =", facade))
    shown = set(re.findall(r"ui\.(\w+)\(", gallery + base))
    assert names - shown - {"action"} == set()
    assert (await operator.get("/ui")).status == 200


async def test_the_sample_conversation_can_be_played(browser: Browser) -> None:
    drawn = await (await browser.get("/ui/sample/waveform.json")).json()
    assert max(drawn["customer"]) > 80
    assert max(drawn["ours"]) > 80
    both = [min(pair) for pair in zip(drawn["customer"], drawn["ours"], strict=True)]
    assert max(both) == 0  # they speak by turns
    audio = await (await browser.get("/ui/sample/audio")).read()
    assert audio.startswith(b"RIFF")
    assert len(audio) == 44 + 8000 * 12 * 4
