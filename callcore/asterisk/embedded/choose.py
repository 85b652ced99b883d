"""Which mirror and suite of this machine's archives the embedded Asterisk comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callcore.asterisk.embedded.apt import AptError, PrivateApt
from callcore.asterisk.embedded.errors import AsteriskNotFound, EmbeddedPbxError, KeyringMissing, NoNetwork
from callcore.asterisk.embedded.machine import ARCHIVES, KEYRINGS, Architecture, Archive
from callcore.asterisk.embedded.sources import Source, mirrors_of, read_sources, suites_of
from callcore.asterisk.embedded.versions import Offer, best_offer, is_new_enough

PACKAGES = ("asterisk", "asterisk-core-sounds-ru-wav", "asterisk-core-sounds-en-wav")
# Music on hold is a comfort: a suite without it is still good.
_COMFORTS = ("asterisk-moh-opsound-wav",)


@dataclass(frozen=True, slots=True)
class Choice:
    """A prepared apt that points at the chosen suite, and what it will fetch (`files`: names of debs)."""

    apt: PrivateApt
    offer: Offer
    packages: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(slots=True)
class _Findings:
    """What went wrong on the way, for the one message at the end."""

    unreachable: set[str] = field(default_factory=set)
    unsigned: bool = False
    notes: list[str] = field(default_factory=list)

    def note(self, uri: str, suite: str, error: AptError) -> None:
        if error.is_unreachable:
            self.unreachable.add(uri)
        self.unsigned |= error.is_unsigned
        self.notes.append(f"{suite}: {str(error).splitlines()[0]}")


def choose_source(
    folder: Path, arch: Architecture, sources: Sequence[Source] | None = None, keyrings: Path = KEYRINGS
) -> Choice:
    """The archive's newest suite if it has a good Asterisk, else the newest good one of all its suites."""
    known = read_sources() if sources is None else tuple(sources)
    findings = _Findings()
    for archive, keyring in trusted_archives(known, keyrings):
        apt = PrivateApt(folder / archive.name, archive, keyring, arch)
        apt.prepare()
        if (choice := _search_archive(apt, known, findings)) is not None:
            return choice
    raise _not_found(findings)


def trusted_archives(sources: Sequence[Source], keyrings: Path = KEYRINGS) -> list[tuple[Archive, Path]]:
    """Archives that this machine has both a mirror and the keys of."""
    present = [archive for archive in ARCHIVES if mirrors_of(archive, sources)]
    if not present:
        raise AsteriskNotFound(
            "no-mirror",
            "apt's sources name no mirror of Debian or Ubuntu",
            advice="В настройках apt нет зеркала Debian или Ubuntu (/etc/apt/sources.list, sources.list.d). "
            "Добавьте его или поставьте Asterisk 20 или новее сами.",
        )
    trusted = [(archive, key) for archive in present if (key := archive.keyring(keyrings)) is not None]
    if not trusted:
        package = present[0].keyring_package
        raise KeyringMissing(
            "keyring-missing",
            f"no keyring to verify the {present[0].name} archive",
            advice=f"Нечем проверить подписи пакетов. Установите ключи: sudo apt-get install {package}",
        )
    return trusted


def _search_archive(apt: PrivateApt, sources: Sequence[Source], findings: _Findings) -> Choice | None:
    mirrors = mirrors_of(apt.archive, sources)
    for uri in mirrors:
        offer = _look(apt, uri, apt.archive.first_suite, findings)
        if offer is not None and (choice := _take(apt, offer, findings)) is not None:
            return choice
    others = suites_of(apt.archive, sources)
    offers = [
        offer
        for uri in mirrors
        for suite in others
        if (offer := _look(apt, uri, suite, findings)) is not None
    ]
    while (best := best_offer(offers)) is not None:
        if (choice := _take(apt, best, findings)) is not None:
            return choice
        offers.remove(best)
    return None


def _look(apt: PrivateApt, uri: str, suite: str, findings: _Findings) -> Offer | None:
    """What this suite has, if it is new enough; a mirror that was silent once is not asked again."""
    if uri in findings.unreachable:
        return None
    try:
        apt.use(uri, suite)
        version = apt.candidate(PACKAGES[0])
    except AptError as error:
        findings.note(uri, suite, error)
        return None
    return Offer(uri, suite, version) if version is not None and is_new_enough(version) else None


def _take(apt: PrivateApt, offer: Offer, findings: _Findings) -> Choice | None:
    """Prove that the suite can satisfy the whole list (an unstable suite cannot always)."""
    try:
        apt.use(offer.uri, offer.suite)
        comforts = tuple(name for name in _COMFORTS if apt.candidate(name) is not None)
        packages = (*PACKAGES, *comforts)
        return Choice(apt, offer, packages, apt.resolve(packages))
    except AptError as error:
        findings.note(offer.uri, offer.suite, error)
        return None


def _not_found(findings: _Findings) -> EmbeddedPbxError:
    details = "; ".join(findings.notes or ["no suite has the package"])
    if findings.unsigned:
        return KeyringMissing(
            "keyring-outdated",
            f"the archive's signature cannot be checked: {details}",
            advice="Ключи архива на этой машине устарели. Обновите пакет с ключами: sudo apt-get update && "
            "sudo apt-get install --only-upgrade debian-archive-keyring (в Ubuntu: ubuntu-keyring).",
        )
    if findings.unreachable:
        return NoNetwork(
            "no-network",
            f"the package mirrors cannot be reached: {details}",
            advice="Зеркала пакетов из настроек apt недоступны. Проверьте сеть и прокси (команда `apt-get update` "
            "должна проходить) и повторите.",
        )
    return AsteriskNotFound(
        "asterisk-not-found",
        f"no installable Asterisk 20+: {details}",
        advice="В доступных наборах пакетов нет Asterisk 20 или новее. Поставьте его сами: "
        "команда `asterisk -V` должна его показать.",
    )
