"""For all tests of pages."""

import pytest
from jinja2 import BytecodeCache

from tests.pages import PagesOnce, compiled_pages


@pytest.fixture(scope="session")
def template_cache(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    return compiled_pages(tmp_path_factory)


@pytest.fixture(scope="session")
def pages_once(template_cache: BytecodeCache) -> PagesOnce:
    return PagesOnce(template_cache)


@pytest.fixture(autouse=True)
def _read_and_compiled_once(monkeypatch: pytest.MonkeyPatch, pages_once: PagesOnce) -> None:
    pages_once.take_place(monkeypatch)
