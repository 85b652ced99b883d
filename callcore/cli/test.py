"""`dealerline test`: style, types, import rules, then the categories of tests, each with what it needs."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from callcore.cli import machine

ROOT = Path(__file__).resolve().parents[2]
_console = Console()


@dataclass(frozen=True, slots=True)
class Part:
    """One run: a command line and the system packages it needs first."""

    name: str
    command: tuple[str, ...]
    needs: tuple[machine.Need, ...] = ()
    assets: bool = False


def _pytest(*folders: str, workers: int = 0) -> tuple[str, ...]:
    spread = ("-n", str(workers), "--dist", "loadgroup") if workers else ()
    return (sys.executable, "-m", "pytest", "-q", *spread, *(f"tests/{folder}" for folder in folders))


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).with_name(name)), *arguments)


PARTS = (
    Part("style", _tool("ruff", "check", ".")),
    Part("format", _tool("ruff", "format", "--check", ".")),
    Part("types", _tool("mypy")),
    Part("imports", _tool("lint-imports")),
    Part("unit", _pytest("unit", workers=2), assets=True),
    Part("rules", _pytest("scenarios", "property", "golden", "architecture", workers=2)),
    Part("integration", _pytest("integration", workers=2), (machine.POSTGRESQL,), assets=True),
    Part("pbx", _pytest("pbx", workers=2)),
    Part("resilience", _pytest("resilience"), assets=True),
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
    failed = [one.name for one in parts if not _run(one, tuple(context.args))]
    if failed:
        _console.print(f"[red]Не прошло: {', '.join(failed)}[/red]")
        raise typer.Exit(1)
    _console.print("[green]Всё прошло.[/green]")


def _run(part: Part, extra: tuple[str, ...]) -> bool:
    _console.rule(part.name)
    if not machine.ensure(*part.needs):
        return False
    if part.assets:
        from web.ui import assets

        assets.install(_console.print)
    started = time.monotonic()
    command = (*part.command, *extra) if "pytest" in part.command else part.command
    # Dozens of processes start in a whole run: what one has compiled the others need not compile again.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT)
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    _console.print(
        f"{part.name}: {'прошло' if code == 0 else 'НЕ прошло'} за {time.monotonic() - started:.0f} с"
    )
    return code == 0
