"""`dealerline test`: style, types, import rules, then the categories of tests, each with what it needs."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from callcore.cli import machine
from callcore.cli.lanes import Job, Lane, Lanes
from callcore.stand.layout import templates_dir

ROOT = Path(__file__).resolve().parents[2]
_INTERRUPTED = 130
_console = Console()


@dataclass(frozen=True, slots=True)
class Part:
    """One run: a command line, the system packages it needs first and what may run beside it."""

    name: str
    command: tuple[str, ...]
    needs: tuple[machine.Need, ...] = ()
    assets: bool = False
    lane: Lane = Lane.ALONE


def _pytest(*folders: str, workers: int = 0) -> tuple[str, ...]:
    spread = ("-n", str(workers), "--dist", "loadgroup") if workers else ()
    return (sys.executable, "-m", "pytest", "-q", *spread, *(f"tests/{folder}" for folder in folders))


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).with_name(name)), *arguments)


PARTS = (
    Part("style", _tool("ruff", "check", ".")),
    Part("format", _tool("ruff", "format", "--check", ".")),
    Part("unit", _pytest("unit", workers=2), assets=True),
    Part("types", _tool("mypy"), lane=Lane.WORK),
    Part("imports", _tool("lint-imports"), lane=Lane.WORK),
    Part("rules", _pytest("scenarios", "property", "golden", "architecture", workers=2), lane=Lane.WORK),
    Part(
        "integration", _pytest("integration", workers=2), (machine.POSTGRESQL,), assets=True, lane=Lane.WORK
    ),
    Part("pbx", _pytest("pbx", workers=2), lane=Lane.SOUND),
    Part("resilience", _pytest("resilience"), assets=True, lane=Lane.SOUND),
    Part("e2e", _pytest("e2e"), (machine.CHROMIUM, machine.FONTS), assets=True),
)
GROUPS = {"lint": ("style", "format", "types", "imports"), "all": tuple(part.name for part in PARTS)}


def register(app: typer.Typer) -> None:
    app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
        run_parts
    )


def run_parts(
    context: typer.Context,
    part: Annotated[
        str,
        typer.Argument(
            help="all · lint · style · types · imports · unit · rules · integration · pbx · resilience · e2e"
        ),
    ] = "all",
) -> None:
    """Проверить всё: стиль, типы, границы пакетов, тесты на настоящей АТС, базе и в браузере.

    Лишние слова уходят в pytest: ./dealerline test unit -k phones
    """
    wanted = GROUPS.get(part, (part,))
    parts = [one for one in PARTS if one.name in wanted]
    if not parts:
        _console.print(
            f"[red]Нет части «{part}».[/red] Есть: {', '.join((*GROUPS, *(one.name for one in PARTS)))}"
        )
        raise typer.Exit(2)
    started = time.monotonic()
    try:
        with _ended_like_interrupted():
            failed = Lanes(ROOT, _environment(), _console).run(_job(one, context.args) for one in parts)
    except KeyboardInterrupt:
        _console.print("[red]Прервано: всё запущенное остановлено.[/red]")
        raise typer.Exit(_INTERRUPTED) from None
    took = f"за {time.monotonic() - started:.0f} с"
    if failed:
        _console.print(f"[red]Не прошло ({took}): {', '.join(failed)}[/red]")
        raise typer.Exit(1)
    _console.print(f"[green]Всё прошло {took}.[/green]")


def _job(part: Part, extra: list[str]) -> Job:
    command = (*part.command, *extra) if "pytest" in part.command else part.command
    return Job(part.name, command, part.lane, lambda: _prepare(part))


def _prepare(part: Part) -> bool:
    if not machine.ensure(*part.needs):
        return False
    if part.assets:
        from web.ui import assets

        assets.install(_console.print)
    return True


def _environment() -> dict[str, str]:
    """Dozens of processes start in a whole run: what one has compiled the others need not compile again."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT), "DEALERLINE_TEST_TEMPLATES": str(templates_dir())}


@contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
