"""`dealerline db …`: the shape of the database and the demo network in it."""

import typer

from callcore.cli.serve import ConfigOption

app = typer.Typer(no_args_is_help=True, help="База данных: обновить схему, наполнить показательной сетью.")


@app.command()
def upgrade(config: ConfigOption = None) -> None:
    """Привести схему к текущей версии. Безопасно повторять."""
    from callcore.kernel.migrations import upgrade as run_upgrade
    from config.settings import load_settings

    run_upgrade(load_settings(config).database.url.get_secret_value())
    typer.echo("Схема базы обновлена.")


@app.command()
def seed(config: ConfigOption = None) -> None:
    """Наполнить пустую базу показательной дилерской сетью. Повтор ничего не меняет."""
    import asyncio

    from callcore.stand.seeding import seed_from_settings
    from config.settings import load_settings

    typer.echo(asyncio.run(seed_from_settings(load_settings(config))))
