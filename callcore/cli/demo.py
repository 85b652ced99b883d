"""`dealerline demo`: the whole installation on loopback, with a network, telephones and customers."""

import asyncio
import signal
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

from callcore.cli.places import stand_dirs

if TYPE_CHECKING:
    from callcore.stand.stand import Stand

_console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    port: Annotated[int | None, typer.Option(help="Порт сайта.", show_default="8080 или свободный")] = None,
    sip_port: Annotated[int | None, typer.Option(help="Порт SIP.", show_default="5060 или свободный")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Где хранить данные.", show_default="var/demo")
    ] = None,
    ephemeral: Annotated[
        bool, typer.Option(help="Временная папка: после остановки ничего не останется.")
    ] = False,
) -> None:
    """Поднять всё на этой машине: Asterisk, оператор связи с телефонами, сеть дилеров, сайт. Ctrl-C останавливает.

    Первый запуск скачивает Asterisk (100 МБ) и занимает до полутора минут, следующие — несколько секунд.
    """
    from callcore.stand.stand import Stand, StandOptions

    with ExitStack() as stack:
        folder = stand_dirs(data_dir).root
        if ephemeral:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dealerline-demo-")))
        stand = Stand(
            StandOptions(folder, port, sip_port, republish=True),
            lambda text: _console.print(f"[dim]· {text}[/dim]"),
        )
        asyncio.run(_run(stand))
        if not ephemeral:
            _console.print("Данные остались, следующий запуск быстрый.")


async def _run(stand: "Stand") -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    started = time.monotonic()
    work = asyncio.ensure_future(stand.start())  # noqa: TID251 - the one task of the command, awaited below
    stop = asyncio.ensure_future(ended.wait())  # noqa: TID251 - so that Ctrl-C works while it starts
    try:
        either: set[asyncio.Task[Any]] = {work, stop}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            await work
            await _greet(stand, time.monotonic() - started)
            await _until_the_end(stand, stop)
        _console.print("[dim]· останавливаю…[/dim]")
    finally:
        stop.cancel()
        work.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await work
        await stand.stop()


async def _until_the_end(stand: "Stand", stop: "asyncio.Task[Literal[True]]") -> None:
    """Ctrl-C, or a part that died by itself: then say which."""
    pbx = asyncio.ensure_future(stand.pbx.wait())  # noqa: TID251 - awaited in the next line, cancelled below
    try:
        either: set[asyncio.Task[Any]] = {pbx, stop}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if pbx.done():
            _console.print(f"[red]Asterisk остановился.[/red] Журнал: {stand.dirs.pbx.log}")
    finally:
        pbx.cancel()


async def _greet(stand: "Stand", seconds: float) -> None:
    from callcore.stand.seeding import answer_robot, demo_logins, first_call

    table = Table(box=None, padding=(0, 2), show_header=False)
    for login in demo_logins(stand.dirs):
        table.add_row(login.role_title, f"[bold]{login.email}[/bold]", login.password)
    _console.print(f"\n[green]Готово за {seconds:.0f} с.[/green]  Откройте [bold]{stand.address}[/bold]\n")
    _console.print(table)
    await answer_robot(stand.carrier, stand.settings)
    call = await first_call(stand.carrier, stand.settings)
    _console.print(
        f"\nСейчас {call.from_number} звонит на {call.to_did}. Ещё звонок, из другого окна:\n"
        f"  ./dealerline call simulate --from +79161234567 --to {call.to_did}\nCtrl-C — остановить всё."
    )
