"""For all tests of pages."""

import pytest
from jinja2 import BytecodeCache, FileSystemBytecodeCache

from callcore.bootstrap import site as composition
from web.deps import WebDeps


@pytest.fixture(scope="session")
def template_cache(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates are compiled once for the whole session."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(autouse=True)
def _compiled_once(monkeypatch: pytest.MonkeyPatch, template_cache: BytecodeCache) -> None:
    """For the site as it is composed for an installation, too."""
    monkeypatch.setattr(
        composition, "WebDeps", lambda **values: WebDeps(**values, template_cache=template_cache)
    )
