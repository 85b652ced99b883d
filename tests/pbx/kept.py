"""The recording of a call as people will hear it: what the PBX has left, put together as the application does."""

from collections.abc import Iterable
from pathlib import Path

from recordings.model import AudioJob, Converted, Span
from recordings.spool import look
from recordings.steps.convert import convert
from tests.pbx.lab import Lab

RIGHT = 1  # where our side is heard


def kept(lab: Lab, call_id: str, folder: Path, joins: Iterable[Span] = ()) -> Path:
    (group,) = [one for one in look(Path(lab.plan.recordings_dir)) if one.base == call_id]
    made = convert(AudioJob(group, folder / call_id, ("wav",), 60, tuple(joins)))
    assert isinstance(made, Converted), made
    return made.copies[0].path
