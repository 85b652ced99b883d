"""Templates that one start has compiled the next one takes; what goes wrong with the folder costs time only."""

import tempfile
from pathlib import Path

import jinja2
import pytest
from jinja2.nodes import Template

from web.ui.compiled import compiled_templates

pytestmark = pytest.mark.unit


def page(cache: jinja2.BytecodeCache | None, text: str = "{{ 6 * 7 }}") -> tuple[str, list[str]]:
    """What a start shows with this cache, and the templates that it had to compile."""
    compiled: list[str] = []

    class Watched(jinja2.Environment):
        def _parse(self, source: str, name: str | None, filename: str | None) -> Template:
            compiled.append(str(name))
            return super()._parse(source, name, filename)

    environment = Watched(loader=jinja2.DictLoader({"page.html": text}), bytecode_cache=cache)
    return environment.get_template("page.html").render(), compiled


def test_the_next_start_compiles_what_has_changed_alone(tmp_path: Path) -> None:
    assert page(compiled_templates(tmp_path)) == ("42", ["page.html"])
    assert page(compiled_templates(tmp_path)) == ("42", [])
    assert page(compiled_templates(tmp_path), "{{ 7 * 7 }}") == ("49", ["page.html"])


def test_other_rules_take_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page(compiled_templates(tmp_path))
    monkeypatch.setattr("web.ui.compiled.version", lambda _name: "4.0")
    assert page(compiled_templates(tmp_path)) == ("42", ["page.html"])


def test_nobody_else_may_put_code_there(tmp_path: Path) -> None:
    compiled_templates(tmp_path / "new")
    (own,) = (tmp_path / "new").iterdir()
    assert own.stat().st_mode & 0o077 == 0


def test_without_a_folder_each_start_compiles(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert page(compiled_templates(tmp_path / "file" / "below")) == ("42", ["page.html"])


def test_a_full_disk_and_a_broken_file_cost_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(tempfile, "NamedTemporaryFile", _no_room)
        assert page(compiled_templates(tmp_path)) == ("42", ["page.html"])
    assert page(compiled_templates(tmp_path)) == ("42", ["page.html"])
    (kept,) = tmp_path.glob("*/*.cache")
    whole = kept.read_bytes()
    for length in range(0, len(whole), 30):
        kept.write_bytes(whole[:length])
        assert page(compiled_templates(tmp_path)) == ("42", ["page.html"])


def _no_room(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")
