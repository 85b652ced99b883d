"""`dealerline numbering …`: which region and operator a number belongs to, and where that is known from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from callcore.cli.places import DataDirOption, settings_for

if TYPE_CHECKING:
    from callcore.routing.lookup import NumberFacts, RegionName
    from callcore.routing.update_numbering import Change, NumberingRefused, Source, Update

app = typer.Typer(no_args_is_help=True, help="План нумерации: регион и оператор по номеру.")
ConfigFileOption = Annotated[
    Path | None, typer.Option("--config", help="Файл настроек; без него — demo.", show_default=False)
]
MOST_SHOWN = 20
KIND_WORDS = {
    "mobile": "мобильный",
    "fixed": "городской",
    "free": "бесплатный для звонящего",
    "paid": "платный для звонящего",
    "other": "вид неизвестен",
}


@app.command("import")
def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(help="Файлы реестра: ABC-3xx.csv, ABC-4xx.csv, ABC-8xx.csv, DEF-9xx.csv; можно .gz."),
    ],
    is_insisted: Annotated[
        bool, typer.Option("--insist", help="Принять, даже если номеров или кодов стало намного меньше.")
    ] = False,
    config: ConfigFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Заменить план нумерации файлами официального реестра.

    Каждый файл заменяет свои коды (3xx, 4xx, 8xx, 9xx), остальные остаются. При любой ошибке не меняется ничего.
    Работающее приложение возьмёт новый план само, за несколько секунд.

    Пример: ./dealerline numbering import ABC-3xx.csv ABC-4xx.csv ABC-8xx.csv DEF-9xx.csv
    """
    from callcore.bootstrap.numbering_file import NumberingFile
    from callcore.routing.update_numbering import NumberingRefused

    plan = NumberingFile(settings_for(config, data_dir).numbering.dir)
    sources = _read(files)
    try:
        update = _update(plan.read(), sources, is_insisted=is_insisted)
    except NumberingRefused as exc:
        _refuse(exc)
    except (OSError, ValueError) as exc:
        _unreadable(exc, plan.path)
    try:
        plan.replace(update.packed)
    except OSError as exc:
        _stop(f"План не записан в {plan.path} ({exc.strerror}); прежний остался. Проверьте права и место.")
    _report(update, plan.path)


@app.command()
def lookup(
    number: Annotated[str, typer.Argument(help="Номер в любой записи, в кавычках.")],
    as_json: Annotated[bool, typer.Option("--json", help="Как JSON.")] = False,
    config: ConfigFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Сказать о номере: вид, оператор, регион и его часовой пояс.

    Пример: ./dealerline numbering lookup "8 (495) 123-45-67 доб. 12"
    """
    from callcore.bootstrap.numbering_file import NumberingFile
    from callcore.routing.lookup import look_up
    from callcore.routing.numbering import parse_numbering, parse_operators

    plan = NumberingFile(settings_for(config, data_dir).numbering.dir)
    try:
        packed = plan.read()
        facts = look_up(number, parse_numbering(packed), parse_operators(packed), _regions())
    except (OSError, ValueError) as exc:
        _unreadable(exc, plan.path)
    if facts is None:
        _stop(f"«{number}» — не телефонный номер.")
    typer.echo(json.dumps(_as_json(facts), ensure_ascii=False, indent=1) if as_json else _as_text(facts))


def _read(files: list[Path]) -> "list[Source]":
    from callcore.routing.update_numbering import Source

    sources = []
    for file in files:
        try:
            sources.append(Source(file.name, file.read_bytes()))
        except OSError as exc:
            _stop(f"{file}: файл не читается ({exc.strerror}).")
    return sources


def _update(present: bytes, sources: "list[Source]", *, is_insisted: bool) -> "Update":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from callcore.bootstrap.numbering_file import TERRITORIES
    from callcore.kernel.clock import SystemClock
    from callcore.routing.registry import line_count
    from callcore.routing.update_numbering import update_plan

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        total = sum(line_count(source.raw) for source in sources)
        task = progress.add_task("Читаю реестр", total=total)

        def advance(lines: int) -> None:
            progress.advance(task, lines)
            # each file keeps its last lines to itself; no telling how long the rest takes
            if progress.tasks[task].completed >= total - lines * len(sources):
                progress.update(task, description="Сверяю с прежним планом", total=None)

        return update_plan(
            present,
            sources,
            TERRITORIES.read_bytes(),
            SystemClock().now().date().isoformat(),
            is_insisted=is_insisted,
            advance=advance,
        )


def _report(update: "Update", path: Path) -> None:
    typer.echo(f"План нумерации заменён: {path}")
    typer.echo(f"Прочитано строк: {_spaced(update.rows)}, коды {', '.join(update.blocks)}.")
    typer.echo(f"Добавлено: {_change(update.added)}")
    typer.echo(f"Убрано:    {_change(update.removed)}")
    typer.echo(f"Изменено:  {_change(update.changed)} (другой регион или оператор)")
    names = _regions()
    moved = [item for item in update.regions if item.before != item.after]
    if moved:
        typer.echo("\nНомеров по регионам, было → стало (общий номер двух регионов учтён в каждом):")
    for item in sorted(moved, key=lambda item: -abs(item.after - item.before)):
        name = names[item.code].name if item.code in names else item.code
        difference = f"{item.after - item.before:+,}".replace(",", " ")
        typer.echo(f"  {name}: {_spaced(item.before)} → {_spaced(item.after)} ({difference})")
    if update.unknown:
        typer.echo("\nНезнакомые территории; оператор этих номеров известен, регион нет:")
    for name, rows in update.unknown[:MOST_SHOWN]:
        typer.echo(f"  «{name or 'пусто'}»: строк {_spaced(rows)}")
    if len(update.unknown) > MOST_SHOWN:
        typer.echo(f"  … и ещё {len(update.unknown) - MOST_SHOWN}")


def _change(change: "Change") -> str:
    return f"диапазонов {_spaced(change.ranges)}, номеров {_spaced(change.numbers)}"


def _refuse(refused: "NumberingRefused") -> NoReturn:
    typer.echo("План нумерации не изменён.", err=True)
    for problem in refused.problems:
        typer.echo(f"  • {problem}", err=True)
    if refused.is_doubt:
        typer.echo("Если файлы полны и всё так и должно быть, повторите с --insist.", err=True)
    raise typer.Exit(1)


def _unreadable(exc: Exception, path: Path) -> NoReturn:
    _stop(f"План нумерации не читается ({exc}). Удалите {path}: вернётся план из поставки.")


def _stop(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)


def _as_text(facts: "NumberFacts") -> str:
    from callcore.kernel.phones import format_phone

    extension = f", доб. {facts.extension}" if facts.extension else ""
    lines = [f"{format_phone(facts.e164)}{extension}", f"Вид: {KIND_WORDS[facts.kind]}"]
    if facts.country:
        return "\n".join([*lines, f"Страна: {facts.country}"])
    lines.append(f"Оператор: {facts.operator or 'неизвестен'}")
    lines += [f"Регион: {region.name} ({region.code}), зона {region.tz}" for region in facts.regions]
    if not facts.regions:
        lines.append("Регион: не определён")
    return "\n".join(lines)


def _as_json(facts: "NumberFacts") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(facts)


def _regions() -> "dict[str, RegionName]":
    import csv

    from callcore.bootstrap.numbering_file import REGIONS
    from callcore.routing.lookup import RegionName

    with REGIONS.open(encoding="utf-8") as file:
        return {row["code"]: RegionName(row["code"], row["name"], row["tz"]) for row in csv.DictReader(file)}


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
