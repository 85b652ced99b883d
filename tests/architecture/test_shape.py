"""The shape of the code: who may import what, how long a module may be, which names say nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.architecture

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("callcore", "dialplans", "recordings", "web", "config")
MODULE_LINES = 320
VAGUE = {"utils", "helpers", "common", "manager", "misc", "base"}

# A library, and the only places that may import it.
DOORS = {
    "panoramisk": ("callcore/asterisk/",),
    "asterisk": ("callcore/asterisk/",),
    "pydub": ("recordings/audio.py",),
    "aiohttp": (
        "web/",
        "callcore/bootstrap",
        "callcore/cli/",
        "callcore/stand/",
        "callcore/messaging/sms/",
        "callcore/intake/leads/http_lead_base.py",
        "callcore/orders/geocoding/http_geocoder.py",
    ),
    "aiosmtpd": ("callcore/messaging/catcher.py",),
    "aiosmtplib": ("callcore/messaging/",),
    "smpplib": ("callcore/messaging/sms/",),
    "jinja2": ("web/", "dialplans/", "callcore/messaging/"),
    "typer": ("callcore/cli/",),
    "twilio": ("callcore/messaging/",),
}
# Rooms that neither wait, nor ask the clock, nor open anything.
PURE = ("model.py", "states.py", "facts.py", "tracker.py", "decide.py", "rules.py", "contract.py", "plan.py")
IMPURE_MODULES = {
    "asyncio",
    "sqlalchemy",
    "aiohttp",
    "logging",
    "structlog",
    "time",
    "os",
    "subprocess",
    "socket",
}


def _modules() -> Iterator[tuple[str, ast.Module, int]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "node_modules" in name:
                continue
            text = path.read_text(encoding="utf-8")
            yield name, ast.parse(text), text.count("\n")


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_each_outside_library_has_its_door() -> None:
    wrong = [
        f"{name} imports {library}"
        for name, tree, _ in _modules()
        for library in {module.split(".")[0] for module in _imports(tree)} & set(DOORS)
        if not name.startswith(DOORS[library])
    ]
    assert wrong == []


def test_pure_rooms_stay_pure() -> None:
    wrong = [
        f"{name} imports {module}"
        for name, tree, _ in _modules()
        if name.endswith(PURE) and (name.startswith(("callcore/", "dialplans/")))
        for module in _imports(tree)
        if module.split(".")[0] in IMPURE_MODULES or module == "callcore.kernel.database"
    ]
    assert wrong == []


def test_sql_stays_behind_its_doors() -> None:
    wrong = [
        name
        for name, tree, _ in _modules()
        if name.startswith(
            ("web/", "dialplans/", "config/", "callcore/cli/", "callcore/routing/", "callcore/asterisk/")
        )
        and any(module.split(".")[0] in {"sqlalchemy", "alembic"} for module in _imports(tree))
    ]
    assert wrong == []


def test_no_module_grows_past_its_size_or_says_nothing() -> None:
    modules = list(_modules())
    assert [
        f"{name}: {lines}" for name, _, lines in modules if lines > MODULE_LINES and "/versions/" not in name
    ] == []
    assert [name for name, _, _ in modules if Path(name).stem in VAGUE] == []


def test_public_modules_say_what_they_are() -> None:
    assert [name for name, tree, lines in _modules() if lines > 0 and not ast.get_docstring(tree)] == []
