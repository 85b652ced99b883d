"""Settings: order of sources, all mistakes at once."""

from pathlib import Path

import pytest

from config.settings import SettingsError, load_settings

pytestmark = pytest.mark.unit


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "dealerline.toml"
    file.write_text('tz = "Asia/Omsk"\n[web]\nport = 9000\nhost = "127.0.0.2"\n', encoding="utf-8")
    settings = load_settings(file, {"DEALERLINE_WEB__PORT": "9100", "OTHER": "1"})
    assert (settings.tz, settings.web.host, settings.web.port) == ("Asia/Omsk", "127.0.0.2", 9100)
    assert settings.agi.port == 4573


def test_three_mistakes_are_reported_together(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('tz = "Europe/Atlantis"\n[web]\nport = 99999\nprot = 1\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert len(caught.value.problems) == 3
    assert caught.value.problems == (
        "tz: нужна зона IANA, например Europe/Moscow (сейчас 'Europe/Atlantis')",
        "web.port: не больше 65535 (сейчас 99999)",
        "web.prot: такой настройки нет; исправьте опечатку или удалите строку",
    )


def test_a_secret_is_never_quoted_in_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[database]\nurl = "mysql://u:hunter2@h/d"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_and_broken_toml_say_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="не читается"):
        load_settings(tmp_path / "nowhere.toml", {})
    broken = tmp_path / "broken.toml"
    broken.write_text("[web\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="не TOML"):
        load_settings(broken, {})


def test_relative_folders_count_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "dealerline.toml"
    file.write_text('[recordings]\nstore_dir = "audio"\n', encoding="utf-8")
    assert load_settings(file, {}).recordings.store_dir == tmp_path / "audio"


@pytest.mark.parametrize(
    "address", ["https://m.example/?{lat}", "javascript:{lat}{lon}", "https://m.example/{lat}{lon}{zoom}"]
)
def test_the_address_of_a_map_has_its_two_places(address: str) -> None:
    with pytest.raises(SettingsError, match=r"web\.place_url: нужен адрес https://"):
        load_settings(None, {"DEALERLINE_WEB__PLACE_URL": address})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SERVICE", "nominatim", "нужен url"),
        ("SERVICE", "yandex", "нужен key"),
        ("SERVICE", "google", "одно из"),
        ("URL", "ftp://maps.example.org", "нужен адрес http"),
        ("URL", "https://maps.example.org/search?key=geheim", "нужен адрес http"),
        ("PER_SECOND", "0", "больше 0"),
    ],
)
def test_a_geocoder_is_set_up_whole_or_not_at_all(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        load_settings(None, {f"DEALERLINE_GEOCODER__{name}": value})
    assert "geheim" not in str(refused.value)
