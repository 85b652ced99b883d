"""`dealerline serve`: the application itself."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Файл настроек TOML; образец в config/example.toml.", show_default=False),
]


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


def serve(config: ConfigOption = None) -> None:
    """Запустить приложение: связь с АТС, решения о маршрутах, журнал, записи и сайт."""
    import asyncio

    from callcore.bootstrap import new_loop, run
    from callcore.kernel.priority import give_way
    from config.settings import load_settings
    from web.ui import assets

    settings = load_settings(config)
    assets.install(typer.echo)
    give_way()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run(settings))
