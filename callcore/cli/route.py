"""`dealerline route …`: who got or would get a call, and why. Nothing is dialled."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callcore.cli.places import DataDirOption, settings_for

if TYPE_CHECKING:
    from callcore.routing.model import Decision
    from callcore.stand.explaining import Explained

app = typer.Typer(no_args_is_help=True, help="Маршрут звонка: кто его получит и почему.")
JsonOption = Annotated[bool, typer.Option("--json", help="Как JSON.")]
ConfigOption = Annotated[Path | None, typer.Option(help="Файл настроек; без него — показательная сеть.")]


@app.command()
def explain(
    call_id: Annotated[str, typer.Argument(help="Идентификатор звонка: он стоит в адресе его страницы.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Объяснить настоящий звонок: решение, которое было принято и записано вместе с ним, и что из него вышло.

    Пример: ./dealerline route explain 1742800000.17
    """
    import asyncio

    from callcore.stand.explaining import explain_call

    found = asyncio.run(explain_call(settings_for(config, data_dir), call_id))
    _tell(found.decision, as_json=as_json, outcome=found)


@app.command("what-if")
def what_if(
    caller: Annotated[str, typer.Option("--from", help="Номер клиента в любой записи; можно пустой.")],
    did: Annotated[str, typer.Option("--to", help="Набранный номер.")],
    at: Annotated[
        str, typer.Option(help="Момент ISO 8601 с зоной: 2026-03-08T12:00+03:00; без него — сейчас.")
    ] = "",
    policy: Annotated[
        str, typer.Option(help="Версия («3», у другой стратегии «2.3») или файл JSON; без неё — действующая.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Что, если позвонят: регион, кого рассмотрели, кто отсеян и почему, в каком порядке зазвонят.

    Пример: ./dealerline route what-if --from "8 916 123-45-67" --to +74951200001 --at 2026-03-08T03:00+03:00
    """
    import asyncio

    from callcore.kernel.phones import parse_phone
    from callcore.stand.explaining import decide_now

    number = parse_phone(caller)
    settings = settings_for(config, data_dir)
    decision = asyncio.run(decide_now(settings, did, number.e164 if number else caller, _moment(at), policy))
    _tell(decision, as_json=as_json)


def _tell(decision: "Decision", *, as_json: bool, outcome: "Explained | None" = None) -> None:
    from callcore.routing.explain import to_json, to_text

    if as_json:
        came = {} if outcome is None else {"result": outcome.result, "tries": [*map(asdict, outcome.tries)]}
        typer.echo(json.dumps(to_json(decision) | came, ensure_ascii=False, indent=1))
    else:
        typer.echo(to_text(decision))
        if outcome is not None:
            typer.echo("\n".join(_came(outcome)))


def _came(outcome: "Explained") -> Iterator[str]:
    """The same words as on the call's page."""
    from web.calls.words import OUTCOMES, RESULTS

    words = {kind.value: text for kind, (text, _) in OUTCOMES.items()}
    results = {kind.value: found for kind, found in RESULTS.items()}
    yield "Что вышло:"
    for one in outcome.tries:
        step = f"шаг {one.step}" if one.step else "вне плана"
        yield f"  {step}, {one.label or 'телефон удалён'}: {words.get(one.outcome, 'ещё звонит')}, {one.rang_s:g} с"
    if not outcome.tries:
        yield "  никому не звонили"
    found = results.get(outcome.result)
    yield f"Итог: {found.text if found else 'звонок ещё идёт'}"


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
