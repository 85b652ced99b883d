"""Find an Asterisk on this machine, or unpack one into a cache folder; blocking, no root needed."""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from callcore.asterisk.embedded.apt import AptError
from callcore.asterisk.embedded.build import AsteriskBuild, build_in, find_system, version_answer
from callcore.asterisk.embedded.choose import Choice, choose_source
from callcore.asterisk.embedded.errors import EmbeddedPbxError, InstallFailed, NoNetwork
from callcore.asterisk.embedded.lock_note import LockNote, deb_identity, list_digest, read_note, write_note
from callcore.asterisk.embedded.machine import Architecture, this_architecture
from callcore.asterisk.embedded.unpacking import (
    STAGING,
    Progress,
    check_ground,
    clear_staging,
    only_installer,
    unpack,
)

NEEDED_BYTES = 1 << 30


def find_or_install(cache_dir: Path, progress: Progress) -> AsteriskBuild:
    """The system's Asterisk when it is 20 or newer, else the one in the cache, else a fresh one from apt.

    `progress` gets Russian lines for a person. A killed installation leaves nothing that would be taken for
    a whole one; of two at the same time the second waits. Raises EmbeddedPbxError.
    """
    arch = this_architecture()
    cache_dir = cache_dir.absolute()
    build = find_system(arch) or cached_build(cache_dir, arch)
    if build is not None:
        return build
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with only_installer(cache_dir, progress, "Asterisk"):
            return cached_build(cache_dir, arch) or _install(cache_dir, arch, progress)
    except OSError as error:
        raise InstallFailed(
            "install-failed",
            f"cannot write the Asterisk cache: {error}",
            advice=f"Нет возможности записать файлы в {cache_dir}: {error.strerror or error}. "
            "Проверьте права и место или выберите другую папку.",
        ) from error


def cached_build(cache_dir: Path, arch: Architecture) -> AsteriskBuild | None:
    """The build that the lock note speaks of, if it is there and for this processor."""
    note = read_note(cache_dir)
    if note is None or note.architecture != arch.deb_name:
        return None
    return build_in(cache_dir / note.root, arch, note.asterisk)


def _install(cache_dir: Path, arch: Architecture, progress: Progress) -> AsteriskBuild:
    clear_staging(cache_dir)
    check_ground(cache_dir, "Asterisk", NEEDED_BYTES)
    # A new name each time: the apt of a killed installer may still be writing into its own.
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=cache_dir))
    try:
        progress("Ищем Asterisk 20 или новее в зеркалах пакетов этой машины")
        choice = choose_source(staging / "apt", arch)
        progress(f"Найден Asterisk {choice.offer.version} (набор {choice.offer.suite}), скачиваем")
        debs = _download(choice, progress)
        root = staging / "root"
        unpack(debs, root, progress)
        _finish_root(root)
        return _publish(cache_dir, root, debs, choice, arch, progress)
    finally:
        clear_staging(cache_dir)


def _download(choice: Choice, progress: Progress) -> tuple[Path, ...]:
    total = len(choice.files)
    told = 0

    def on_file(number: int) -> None:
        nonlocal told
        if total and number * 10 // total > told:
            told = number * 10 // total
            progress(f"Скачано пакетов: {number} из {total}")

    try:
        return choice.apt.download(choice.packages, on_file)
    except AptError as error:
        kind = NoNetwork if error.is_unreachable else InstallFailed
        raise kind(
            "no-network" if error.is_unreachable else "download-failed",
            f"download of Asterisk failed: {error}",
            advice="Не удалось скачать пакеты Asterisk. Проверьте сеть и повторите команду.",
        ) from error


def _finish_root(root: Path) -> None:
    """What the packages' scripts would have done, and nobody may gain rights through an old copy of su."""
    sounds = root / "usr/share/asterisk/sounds"
    for language in ("ru", "en"):
        link = sounds / language
        voices = sorted(
            path.name for path in sounds.glob(f"{language}_*") if (path / "hello-world.wav").is_file()
        )
        if voices and not link.exists():
            link.symlink_to(voices[0])
    for folder, _, names in os.walk(root):
        for path in (Path(folder) / name for name in names):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                path.chmod(stat.S_IMODE(mode) & 0o777)


def _publish(
    cache_dir: Path, root: Path, debs: Sequence[Path], choice: Choice, arch: Architecture, progress: Progress
) -> AsteriskBuild:
    """Try it, move it into place, then write the note that makes it count."""
    digest = list_digest({deb.name: _sha256(deb) for deb in debs})
    packages = tuple(sorted(deb_identity(deb.name) for deb in debs))
    trial = build_in(root, arch, choice.offer.version)
    version = version_answer(trial.argv).removeprefix("Asterisk").strip() if trial else ""
    if not version:
        raise _unusable("the unpacked Asterisk does not run on this machine")
    final = cache_dir / f"asterisk-{arch.deb_name}-{digest[:12]}"
    shutil.rmtree(final, ignore_errors=True)
    root.rename(final)
    write_note(cache_dir, LockNote(final.name, version, choice.offer.suite, arch.deb_name, packages, digest))
    build = cached_build(cache_dir, arch)
    if build is None:
        raise _unusable("the published Asterisk is not whole")
    progress(f"Asterisk {version} готов")
    return build


def _unusable(why: str) -> EmbeddedPbxError:
    return InstallFailed(
        "unusable-build",
        why,
        advice="Скачанный Asterisk здесь не запускается. Поставьте Asterisk 20 или новее средствами системы.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
