"""`dealerline route …`: who would get a call, and why. Nothing is dialled."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from callcore.cli.places import DataDirOption, settings_for

app = typer.Typer(no_args_is_help=True, help="Маршрут звонка: кто его получит и почему.")


@app.command()
def explain(
    caller: Annotated[str, typer.Option("--from", help="Номер клиента в любой записи; можно пустой.")],
    did: Annotated[str, typer.Option("--to", help="Набранный номер.")],
    at: Annotated[str, typer.Option(help="Момент ISO 8601 с зоной: 2026-03-08T12:00+03:00.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Как JSON.")] = False,
    config: Annotated[Path | None, typer.Option(help="Файл настроек; без него — показательная сеть.")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Объяснить решение: регион, кого рассматривали, кто отсеян и почему, в каком порядке зазвонят.

    Пример: ./dealerline route explain --from "8 916 123-45-67" --to +74951200001 --at 2026-03-08T03:00+03:00
    """
    import asyncio

    from callcore.routing.explain import to_json, to_text
    from callcore.stand.explaining import decide_now

    decision = asyncio.run(decide_now(settings_for(config, data_dir), did, caller, _moment(at)))
    typer.echo(json.dumps(to_json(decision), ensure_ascii=False, indent=1) if as_json else to_text(decision))


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(
            "нужен момент ISO 8601, например 2026-03-08T12:00+03:00", param_hint="--at"
        ) from exc
    if moment.tzinfo is None:
        raise typer.BadParameter("добавьте зону: 2026-03-08T12:00+03:00", param_hint="--at")
    return moment
