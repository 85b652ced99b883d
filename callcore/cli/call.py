"""`dealerline call simulate`: a real SIP call through the demonstration's carrier."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from callcore.cli.places import DataDirOption, stand_dirs

if TYPE_CHECKING:
    from callcore.calls.views import JournalRow
    from callcore.stand.layout import StandDirs

app = typer.Typer(no_args_is_help=True, help="Звонки показательной сети.")
_console = Console(highlight=False)


@app.callback()
def _group() -> None:
    """Звонки показательной сети."""


@app.command()
def simulate(
    caller: Annotated[str, typer.Option("--from", help="Номер клиента; любой текст, пусто — скрытый номер.")],
    did: Annotated[str, typer.Option("--to", help="Отслеживаемый номер.")],
    answer: Annotated[
        str, typer.Option(help="Ответит эта точка (номер или часть названия), остальные заняты.")
    ] = "",
    talk: Annotated[
        float, typer.Option(min=1, max=300, help="Сколько секунд говорить, вместе с приветствием.")
    ] = 12,
    name: Annotated[str, typer.Option(help="Имя, которое пришлёт оператор связи.")] = "",
    data_dir: DataDirOption = None,
) -> None:
    """Позвонить по-настоящему: клиент → оператор связи → Asterisk → телефон дилера. Нужен запущенный demo.

    Печатает объяснение маршрута, потом строку журнала этого звонка.
    """

    asyncio.run(_simulate(stand_dirs(data_dir), caller, did, answer, talk, name))


async def _simulate(dirs: "StandDirs", caller: str, did: str, answer: str, talk: float, name: str) -> None:
    from callcore.asterisk.carrier import CustomerCall
    from callcore.kernel.clock import SystemClock
    from callcore.routing.explain import to_text
    from callcore.stand.attach import attach
    from callcore.stand.explaining import decide_now
    from callcore.stand.simulating import only_outlet_answers, wait_for_row

    stand = await attach(dirs)
    decision = await decide_now(stand.settings, did, caller)
    _console.print(to_text(decision), markup=False)
    started = SystemClock().now() - timedelta(seconds=2)
    call = CustomerCall(caller, did, talk_s=talk, caller_name=name, hidden=not caller)
    async with only_outlet_answers(stand, decision, answer):
        with _console.status("Звоню…"):
            call_id = await stand.carrier.place_call(call)
            row = await wait_for_row(stand, call_id, started)
    if row is None:
        _console.print("[red]Звонок закончился, а в журнале его нет.[/red] Посмотрите: ./dealerline check")
        raise typer.Exit(1)
    _print_row(row, f"{stand.address}/calls/{row.call_id}")


def _print_row(row: "JournalRow", address: str) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2))
    for title, value in (
        ("Звонок", row.call_id),
        ("Начат", row.started_at.isoformat(timespec="seconds")),
        ("Итог", row.result),
        ("Ждал, с", str(row.wait_s)),
        ("Говорил, с", str(row.talk_s)),
        ("Дилер", row.org_name or "—"),
        ("Точка", row.outlet_name or "—"),
        ("Запись", "есть" if row.has_recording else "нет"),
        ("Страница", address),
    ):
        table.add_row(title, value)
    _console.print(table)
