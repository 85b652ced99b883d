"""The same letter for mail programs that show HTML: words, one button, nothing from elsewhere. Pure."""

from html import escape
from typing import Final

from callcore.messaging.texts import Text

_PAGE: Final = (
    '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>'
    '<body style="margin:0;padding:24px 16px;font:16px/1.5 Arial,Helvetica,sans-serif;color:#1d2733;'
    'background:#f4f6f8"><div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;'
    'border-radius:8px"><h1 style="margin:0 0 16px;font-size:20px;line-height:1.3">{title}</h1>{body}{link}'
    "</div>{stop}</body></html>"
)
_BUTTON: Final = (
    '<p style="margin:24px 0 0"><a href="{link}" style="display:inline-block;padding:12px 20px;color:#ffffff;'
    'background:#1457a8;border-radius:6px;text-decoration:none">Открыть</a></p>'
)
_STOP: Final = (
    '<p style="max-width:560px;margin:16px auto 0;font-size:13px;color:#5b6673">'
    '<a href="{stop}" style="color:#5b6673">Отписаться от предложений</a></p>'
)


def letter_html(text: Text, link: str, stop_link: str) -> str:
    paragraphs = (part.strip() for part in text.body.split("\n\n"))
    body = "".join(
        f'<p style="margin:0 0 12px">{escape(part).replace(chr(10), "<br>")}</p>'
        for part in paragraphs
        if part
    )
    return _PAGE.format(
        title=escape(text.title),
        body=body,
        link=_BUTTON.format(link=escape(link, quote=True)) if link else "",
        stop=_STOP.format(stop=escape(stop_link, quote=True)) if stop_link else "",
    )
