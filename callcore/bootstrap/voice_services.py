"""The voice of the application: what is said is rendered beforehand and follows the network and the orders."""

from callcore.asterisk.voice.install import find_voice
from callcore.asterisk.voice.shelf import SoundShelf
from callcore.kernel.database import Database
from callcore.kernel.tasks import TaskOwner, every
from config.settings import Settings

REFRESH_S = 10.0


def make_shelf(settings: Settings, database: Database) -> SoundShelf:
    return SoundShelf(database, settings.pbx.sounds_dir, lambda: find_voice(settings.voice.dir))


def keep_shelf(shelf: SoundShelf, tasks: TaskOwner) -> None:
    """Until the owner closes."""
    _ = tasks.spawn("sounds", every(REFRESH_S, shelf.refresh))
