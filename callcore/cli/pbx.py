"""`dealerline pbx …`: the PBX itself: unpack, run, render its files, check them, see its state."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callcore.cli.links import connected_pbx
from callcore.cli.places import DataDirOption, settings_for, stand_dirs

if TYPE_CHECKING:
    from callcore.network.lines import Line
    from config.settings import Settings
    from dialplans.plan import RenderedConfig

app = typer.Typer(no_args_is_help=True, help="АТС: установка, файлы, состояние.")
LAST_CALLS = 20
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Файл настроек; без него — demo.")]


@app.command()
def install() -> None:
    """Поставить встроенные Asterisk и голос espeak-ng (без прав root), если в системе нет своих."""
    from callcore.asterisk.embedded import find_or_install
    from callcore.asterisk.voice.install import find_or_install_voice
    from callcore.stand.layout import cache_dir, voice_dir

    build = find_or_install(cache_dir(), typer.echo)
    typer.echo(f"Asterisk {build.version}, {'встроенный' if build.embedded else 'системный'}.")
    voice = find_or_install_voice(voice_dir(), typer.echo)
    typer.echo(f"Голос: {'встроенный' if voice.data_dir else 'системный'} espeak-ng.")


@app.command()
def run(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Запустить Asterisk с нашими файлами на переднем плане; Ctrl-C останавливает."""
    import asyncio

    asyncio.run(_run(settings_for(config, data_dir), stand_dirs(data_dir).pbx.root))


@app.command()
def render(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    publish: Annotated[
        bool, typer.Option(help="Заменить файлы в pbx.etc_dir, если проверка прошла.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Сложить файлы в эту папку, чтобы посмотреть.")] = None,
) -> None:
    """Собрать файлы АТС из базы и настроек, проверить и, если просят, опубликовать."""
    from callcore.asterisk.fallback.deploy import deploy_script
    from callcore.asterisk.publish import publish as put
    from callcore.asterisk.voice.install import find_voice
    from callcore.asterisk.voice.render import put_phrases

    settings = settings_for(config, data_dir)
    if publish and (voice := find_voice(settings.voice.dir)) is not None:
        put_phrases(voice, settings.pbx.sounds_dir)
    files = _render(settings)
    _report(files)
    if output:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in files.files.items():
            (output / name).write_text(text, encoding="utf-8")
        typer.echo(f"Файлы лежат в {output}. В них пароли: не показывайте их никому.")
    if publish:
        deploy_script(settings.pbx.agi_dir)
        done = put(files, settings.pbx.etc_dir)
        typer.echo(f"Опубликовано в {done.release}; изменились: {', '.join(done.changed) or 'ничего'}.")


@app.command()
def follow(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Публиковать изменения сети в АТС, пока команда работает: секунда после правки, звонки не прерываются.

    Запускается там, где есть папка pbx.etc_dir и сокет pbx.control_socket. АТС недоступна — опубликует, когда она вернётся.
    """
    import asyncio

    from callcore.asterisk.console import Console
    from callcore.kernel.logs import configure_logs
    from callcore.stand.republish import Republisher

    settings = settings_for(config, data_dir)
    configure_logs(settings.log.level, settings.log.style)
    console = Console(settings.pbx.control_socket)
    typer.echo(f"Слежу за сетью дилеров; файлы АТС — в {settings.pbx.etc_dir}. Ctrl-C — стоп.")
    asyncio.run(Republisher(settings, console.cli, None).follow())


@app.command()
def check(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Собрать файлы АТС и строго проверить их, ничего не заменяя."""
    _report(_render(settings_for(config, data_dir)))


@app.command()
def status(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Связь с АТС, состояние каждого телефона и кто вёл последние звонки: приложение или запасные ступени."""
    import asyncio

    from rich.console import Console
    from rich.table import Table

    from callcore.calls.rungs import told_rungs
    from dialplans.contract import PHONE_KEY

    settings = settings_for(config, data_dir)
    states, phones = asyncio.run(_states(settings))
    words = {
        "available": "на связи",
        "in_use": "занят",
        "ringing": "звонит",
        "unavailable": "не зарегистрирован",
    }
    table = Table("Телефон", "Чей", "Состояние", title=f"АТС на связи, телефонов SIP: {len(states)}")
    for phone in phones:
        key = PHONE_KEY.format(id=phone.id)
        state = words.get(states.get(key, ""), "неизвестно") if phone.is_sip else f"городской, {phone.number}"
        table.add_row(key, phone.label, state)
    Console().print(table)
    typer.echo(told_rungs(asyncio.run(_rungs(settings))))


def _render(settings: "Settings") -> "RenderedConfig":
    import asyncio

    from callcore.stand.rendering import render_from_database

    return asyncio.run(render_from_database(settings))


def _report(files: "RenderedConfig") -> None:
    from dialplans.check import check as find_problems

    problems = find_problems(files)
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo(f"Файлов: {len(files.files)}, ошибок нет.")


async def _rungs(settings: "Settings") -> tuple[str, ...]:
    from callcore.calls.rung_queries import last_rungs
    from callcore.kernel.database import Database

    database = Database(settings.database.url.get_secret_value())
    try:
        async with database.session() as session:
            return await last_rungs(session, LAST_CALLS)
    finally:
        await database.close()


async def _states(settings: "Settings") -> "tuple[dict[str, str], tuple[Line, ...]]":
    """What the PBX says of each phone key, and all phones of the network."""
    from callcore.kernel.errors import PbxUnavailable
    from callcore.stand.rendering import read_wiring

    try:
        async with connected_pbx(settings, 5) as pbx:
            return await pbx.phone_states(), (await read_wiring(settings)).phones
    except TimeoutError as exc:
        where = f"{settings.ami.host}:{settings.ami.port}"
        raise PbxUnavailable(
            "pbx-silent", f"АТС не отвечает на {where}: запущена ли она, верен ли ami.secret?"
        ) from exc


async def _run(settings: "Settings", root: Path) -> None:
    import asyncio

    from callcore.asterisk.embedded import AsteriskProcess, InstanceDirs, find_or_install
    from callcore.asterisk.fallback.deploy import deploy_script
    from callcore.asterisk.publish import publish
    from callcore.stand.layout import cache_dir
    from callcore.stand.rendering import render_from_database

    dirs = InstanceDirs(root)
    dirs.create()
    build = await asyncio.to_thread(find_or_install, cache_dir(), typer.echo)
    deploy_script(settings.pbx.agi_dir)
    publish(await render_from_database(settings), dirs.etc)
    process = AsteriskProcess(build, dirs, settings.pbx.system_name)
    await process.start()
    typer.echo(
        f"Asterisk {build.version} работает, SIP на {settings.pbx.bind_host}:{settings.pbx.sip_port}. Ctrl-C — стоп."
    )
    try:
        await process.wait()
    finally:
        await process.stop()
