"""Templates and static files of the site, read and compiled once for all the sites that tests build."""

import os
from pathlib import Path

import jinja2
import pytest

import web.app
from web.ui.compiled import compiled_templates
from web.ui.static_files import StaticFiles
from web.ui.templates import make_environment

SHARED = "DEALERLINE_TEST_TEMPLATES"  # a folder that outlives the part: `dealerline test` names one


def compiled_pages(factory: pytest.TempPathFactory) -> jinja2.BytecodeCache:
    """Compiled templates; without SHARED they are shared by the workers of a run and gone with it."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "templates"
    kept = compiled_templates(Path(os.environ.get(SHARED, folder)))
    assert kept is not None
    return kept


class PagesOnce:
    """Takes the places of StaticFiles and make_environment in web.app: what they make does not depend on the site."""

    def __init__(self, cache: jinja2.BytecodeCache) -> None:
        self._cache = cache
        self._static: dict[Path, StaticFiles] = {}
        self._environments: dict[tuple[Path, bool], jinja2.Environment] = {}

    def take_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(web.app, "StaticFiles", self.static)
        monkeypatch.setattr(web.app, "make_environment", self.environment)

    def static(self, folder: Path) -> StaticFiles:
        if folder not in self._static:
            self._static[folder] = StaticFiles(folder)
        return self._static[folder]

    def environment(
        self,
        web_folder: Path,
        static: StaticFiles,
        *,
        auto_reload: bool,
        cache: jinja2.BytecodeCache | None = None,
    ) -> jinja2.Environment:
        key = (web_folder, auto_reload)
        if key not in self._environments:
            self._environments[key] = make_environment(
                web_folder, static, auto_reload=auto_reload, cache=cache or self._cache
            )
        return self._environments[key]
