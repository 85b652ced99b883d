"""A voice on this machine: the system's espeak-ng, or one unpacked into a cache folder; blocking, no root needed.

As with the embedded Asterisk the packages come through a private apt and run with their own loader and libraries.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from callcore.asterisk.embedded.apt import AptError, PrivateApt
from callcore.asterisk.embedded.choose import trusted_archives
from callcore.asterisk.embedded.errors import EmbeddedPbxError, InstallFailed
from callcore.asterisk.embedded.machine import Architecture, this_architecture
from callcore.asterisk.embedded.sources import base_suite, mirrors_of, read_sources, suites_of
from callcore.asterisk.embedded.unpacking import (
    STAGING,
    Progress,
    check_ground,
    clear_staging,
    only_installer,
    unpack,
)
from callcore.asterisk.voice.espeak import Espeak

PACKAGE = "espeak-ng"
NEEDED_BYTES = 400 << 20
_ROOT = "espeak-ng-{arch}"


def find_voice(cache_dir: Path) -> Espeak | None:
    """The system's espeak-ng, else the one in the cache; None when there is neither, or neither speaks."""
    try:
        arch = this_architecture()
    except EmbeddedPbxError:
        return _system_voice()
    return _system_voice() or _cached_voice(cache_dir.absolute(), arch)


def find_or_install_voice(
    cache_dir: Path, progress: Progress, system: Callable[[], Espeak | None] | None = None
) -> Espeak:
    """As `find_voice`, and unpacked from apt when there is none. `progress` gets Russian lines. Raises EmbeddedPbxError."""
    cache_dir = cache_dir.absolute()
    arch = this_architecture()
    voice = (system or _system_voice)() or _cached_voice(cache_dir, arch)
    if voice is not None:
        return voice
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with only_installer(cache_dir, progress, PACKAGE):
            return _cached_voice(cache_dir, arch) or _install(cache_dir, arch, progress)
    except OSError as error:
        raise InstallFailed(
            "voice-install-failed",
            f"cannot write the cache of the voice: {error}",
            advice=f"Нет возможности записать файлы в {cache_dir}: {error.strerror or error}.",
        ) from error


def _system_voice() -> Espeak | None:
    program = shutil.which(PACKAGE)
    voice = Espeak((program,)) if program else None
    return voice if voice is not None and voice.version() else None


def _cached_voice(cache_dir: Path, arch: Architecture) -> Espeak | None:
    root = cache_dir / _ROOT.format(arch=arch.deb_name)
    return voice_in(root, arch) if root.is_dir() else None


def voice_in(root: Path, arch: Architecture) -> Espeak | None:
    """The voice unpacked under `root`, or None when it is not whole or does not run."""
    folders = [root / "usr/lib" / arch.triplet, root / "lib" / arch.triplet, root / "usr/lib", root / "lib"]
    places = [*folders, root / "lib64", root / "usr/lib64"]
    loader = next((folder / arch.loader for folder in places if (folder / arch.loader).is_file()), None)
    data = next((folder for folder in folders if (folder / "espeak-ng-data/ru_dict").is_file()), None)
    program = root / "usr/bin/espeak-ng"
    if loader is None or data is None or not program.is_file():
        return None
    # libpulsecommon lies in a folder of its own
    wanted = [folder for place in folders for folder in (place, place / "pulseaudio") if folder.is_dir()]
    libraries = ":".join(str(folder) for folder in wanted)
    voice = Espeak((str(loader), "--library-path", libraries, str(program)), str(data))
    return voice if voice.version() else None


def _install(cache_dir: Path, arch: Architecture, progress: Progress) -> Espeak:
    clear_staging(cache_dir)
    check_ground(cache_dir, PACKAGE, NEEDED_BYTES)
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=cache_dir))
    try:
        progress("Ищем голос espeak-ng в зеркалах пакетов этой машины")
        debs = _download(staging, arch)
        root = staging / "root"
        unpack(debs, root, lambda _: None)
        if voice_in(root, arch) is None:
            raise _unusable("the unpacked espeak-ng does not run on this machine")
        final = cache_dir / _ROOT.format(arch=arch.deb_name)
        shutil.rmtree(final, ignore_errors=True)
        root.rename(final)
        voice = voice_in(final, arch)
        if voice is None:
            raise _unusable("the published espeak-ng is not whole")
        progress("Голос espeak-ng готов")
        return voice
    finally:
        clear_staging(cache_dir)


def _download(staging: Path, arch: Architecture) -> tuple[Path, ...]:
    """The machine's own suites first: they are the ones that its mirrors surely carry."""
    notes: list[str] = []
    for apt, uri, suite in _places(staging, arch):
        try:
            apt.use(uri, suite)
            if apt.candidate(PACKAGE) is not None:
                return apt.download((PACKAGE,), lambda _: None)
        except AptError as error:
            notes.append(f"{suite}: {str(error).splitlines()[0]}")
    raise _unusable(f"no suite gave espeak-ng: {'; '.join(notes) or 'none has it'}")


def _places(staging: Path, arch: Architecture) -> Iterator[tuple[PrivateApt, str, str]]:
    sources = read_sources()
    for archive, keyring in trusted_archives(sources):
        apt = PrivateApt(staging / archive.name, archive, keyring, arch)
        apt.prepare()
        own = [base_suite(source.suite) for source in sources if mirrors_of(archive, [source])]
        suites = dict.fromkeys([*own, *suites_of(archive, sources), archive.first_suite])
        for uri in mirrors_of(archive, sources):
            for suite in suites:
                yield apt, uri, suite


def _unusable(why: str) -> InstallFailed:
    return InstallFailed(
        "voice-unusable",
        why,
        advice="Голос espeak-ng поставить не удалось: звонки пойдут без подсказок голосом. "
        "Проверьте сеть или поставьте пакет espeak-ng сами.",
    )
