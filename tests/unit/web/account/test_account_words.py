"""Devices in words."""

import pytest

from web.account.words import device

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 YaBrowser/25.2 Safari/537.36", "Яндекс Браузер, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("curl/8.5", "Неизвестное устройство"),
        ("", "Неизвестное устройство"),
    ],
)  # fmt: skip
def test_device(agent: str, said: str) -> None:
    assert device(agent) == said
