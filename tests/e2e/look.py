"""Take pictures of pages for human eyes: `python tests/e2e/look.py http://127.0.0.1:8080 /ui /sign-in --out DIR`.

Each page is taken in light, dark, on paper and in phone width. Signs in first when --email is given.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOKS = {
    "light": {"viewport": {"width": 1366, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1366, "height": 860}, "color_scheme": "dark"},
    "print": {"viewport": {"width": 794, "height": 1123}, "color_scheme": "light"},  # A4 at 96 dpi
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "device_scale_factor": 2},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--email")
    parser.add_argument("--password", default="demo")
    parser.add_argument("--looks", nargs="+", default=list(LOOKS), choices=list(LOOKS))
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for look in wanted.looks:
            complaints += take(browser, look, wanted)
        browser.close()
    for line in sorted(set(complaints)):
        sys.stderr.write(f"{line}\n")
    return 1 if complaints else 0


def take(browser: Browser, look: str, wanted: argparse.Namespace) -> list[str]:
    """Pictures of all pages in one look; gives what the browser's console complained of."""
    complaints: list[str] = []
    context = browser.new_context(locale="ru-RU", **LOOKS[look])
    page = context.new_page()
    page.on(
        "console", lambda said: complaints.append(f"{look}: {said.text}") if said.type == "error" else None
    )
    page.on("pageerror", lambda error: complaints.append(f"{look}: {error}"))
    if wanted.email:
        sign_in(page, wanted)
    for path in wanted.paths:
        page.goto(wanted.site + path, wait_until="networkidle")
        page.emulate_media(media="print" if look == "print" else "screen")
        name = path.strip("/").replace("/", "-").replace("?", "-") or "home"
        page.screenshot(path=wanted.out / f"{name}.{look}.png", full_page=True)
    context.close()
    return complaints


def sign_in(page: Page, wanted: argparse.Namespace) -> None:
    page.goto(f"{wanted.site}/sign-in")
    page.fill("#f-email", wanted.email)
    page.fill("#f-password", wanted.password)
    page.click("form:has(#f-email) button[type=submit]")


if __name__ == "__main__":
    raise SystemExit(main())
