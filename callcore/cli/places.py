"""Options that several commands share: which settings, which stand."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from callcore.stand.layout import StandDirs
    from config.settings import Settings

DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Папка запущенного demo.", show_default="var/demo")
]


def stand_dirs(data_dir: Path | None) -> "StandDirs":
    from callcore.stand.layout import DEFAULT_DATA_DIR, StandDirs

    return StandDirs((data_dir or DEFAULT_DATA_DIR).resolve())


def settings_for(config: Path | None, data_dir: Path | None) -> "Settings":
    """The named file, else the demonstration's own, else defaults and environment."""
    from config.settings import load_settings

    own = stand_dirs(data_dir).config
    return load_settings(config or (own if own.exists() else None))
