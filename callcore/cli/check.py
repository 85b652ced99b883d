"""`dealerline check`: one line per part, exit code 1 when something would not work."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callcore.cli.links import connected_pbx
from callcore.cli.places import DataDirOption, settings_for

if TYPE_CHECKING:
    from config.settings import Settings


def register(app: typer.Typer) -> None:
    app.command("check")(check)


def check(
    config: Annotated[Path | None, typer.Option("--config", help="Файл настроек; без него — demo.")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Проверить настройки, базу, АТС и диск: строка на каждое, код возврата 1 при неисправности."""
    import asyncio

    from rich.console import Console

    settings = settings_for(config, data_dir)
    console = Console()
    console.print("[green]✓[/green] настройки: прочитаны и верны")
    results = asyncio.run(_results(settings))
    for name, problem in results:
        mark = "[green]✓[/green]" if not problem else "[red]✗[/red]"
        console.print(f"{mark} {name}: {problem or 'в порядке'}")
    if any(problem for _, problem in results):
        raise typer.Exit(1)


async def _results(settings: "Settings") -> list[tuple[str, str]]:
    return [
        ("база данных", await _database(settings)),
        ("АТС (AMI)", await _pbx(settings)),
        ("файлы АТС", _pbx_files(settings)),
        ("диск для записей", _disk(settings)),
    ]


async def _database(settings: "Settings") -> str:
    import asyncio

    from callcore.kernel.errors import DealerlineError
    from callcore.kernel.migrations import schema_state

    try:
        state = await asyncio.to_thread(schema_state, settings.database.url.get_secret_value())
    except DealerlineError as exc:
        return f"не отвечает ({exc.message}); проверьте database.url и запущен ли сервер"
    return "" if state.is_current else "схема устарела; выполните ./dealerline db upgrade"


async def _pbx(settings: "Settings") -> str:
    try:
        async with connected_pbx(settings, 4):
            return ""
    except TimeoutError:
        return f"не отвечает на {settings.ami.host}:{settings.ami.port}; запущен ли Asterisk, верен ли ami.secret"


def _pbx_files(settings: "Settings") -> str:
    pbx = settings.pbx
    missing = [str(path) for path in (pbx.etc_dir, pbx.agi_dir, pbx.recordings_dir) if not path.is_dir()]
    return f"нет папок {', '.join(missing)}; выполните ./dealerline pbx render --publish" if missing else ""


def _disk(settings: "Settings") -> str:
    from callcore.bootstrap.health import LEAST_FREE_BYTES
    from recordings.files import free_space

    free = free_space(settings.recordings.store_dir).free_bytes
    return (
        ""
        if free > LEAST_FREE_BYTES
        else f"осталось {free // 1_000_000} МБ; освободите место или добавьте диск"
    )
