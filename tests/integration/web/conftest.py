"""For all tests of pages."""

import pytest
from jinja2 import BytecodeCache, FileSystemBytecodeCache


@pytest.fixture(scope="session")
def template_cache(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates are compiled once for the whole session."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
