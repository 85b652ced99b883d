"""`dealerline order …`: who was offered an order, and why."""

import json
from pathlib import Path
from typing import Annotated

import typer

from callcore.cli.places import DataDirOption, settings_for

app = typer.Typer(no_args_is_help=True, help="Заказ: кому он предложен и почему.")
JsonOption = Annotated[bool, typer.Option("--json", help="Как JSON.")]
ConfigOption = Annotated[Path | None, typer.Option(help="Файл настроек; без него — показательная сеть.")]


@app.callback()
def _group() -> None:
    """One command so far; the group keeps its name all the same."""


@app.command()
def explain(
    number: Annotated[int, typer.Argument(help="Номер заказа.", min=1)],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Почему этот дилер: ступени, кандидаты с причинами, окна, отказы — по каждому распределению.

    Пример: ./dealerline order explain 2003
    """
    import asyncio

    from callcore.distribution.explain import to_json, to_text
    from callcore.stand.explaining_orders import explain_order

    found = asyncio.run(explain_order(settings_for(config, data_dir), number))
    typer.echo(json.dumps(to_json(found), ensure_ascii=False, indent=1) if as_json else to_text(found))
