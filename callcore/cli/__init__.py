"""The command line: one file per command group. Heavy imports stay inside the commands, so that help is quick."""

import sys

import typer

from callcore import __version__
from callcore.cli import call, check, database, demo, numbering, order, pbx, route, serve, test

app = typer.Typer(
    name="dealerline",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="""Dealerline: телефония и заказы дилерской сети.

    Начните с [bold]./dealerline demo[/bold]: настоящая АТС, сеть дилеров и сайт поднимутся на этой машине. Потом
    позвоните: [bold]./dealerline call simulate --from +79161234567 --to +74951200001[/bold].""",
)
demo.register(app)
test.register(app)
serve.register(app)
check.register(app)
app.add_typer(database.app, name="db")
app.add_typer(pbx.app, name="pbx")
app.add_typer(call.app, name="call")
app.add_typer(route.app, name="route")
app.add_typer(order.app, name="order")
app.add_typer(numbering.app, name="numbering")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"dealerline {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Показать версию и выйти."
    ),
) -> None:
    del version


def main() -> None:
    """Run a command; known refusals become one sentence and exit code 1."""
    from callcore.kernel.errors import DealerlineError
    from callcore.kernel.logs import configure_logs
    from config.settings import SettingsError

    configure_logs("error")  # a command speaks by itself; `serve` sets its own level
    try:
        app(prog_name="./dealerline")
    except SettingsError as exc:
        _fail("Настройки не годятся, исправьте всё перечисленное:", *exc.problems)
    except DealerlineError as exc:
        _fail(str(exc.details.get("advice") or exc.message))


def _fail(first: str, *rest: str) -> None:
    from rich.console import Console

    console = Console(stderr=True)
    console.print(f"[red]{first}[/red]")
    for line in rest:
        console.print(f"  • {line}", markup=False)
    sys.exit(1)
