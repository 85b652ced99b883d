"""The PBX's side of one FastAGI request, as Asterisk speaks it."""

import asyncio
import re

HEAD = {
    "agi_network": "yes",
    "agi_network_script": "inbound",
    "agi_request": "agi://127.0.0.1/inbound",
    "agi_channel": "PJSIP/trunk-main-00000050",
    "agi_language": "ru",
    "agi_uniqueid": "1795325456.80",
    "agi_callerid": "79161234567",
    "agi_calleridname": "Иван Петров",
    "agi_context": "from-trunk",
    "agi_extension": "74950000001",
    "agi_arg_1": "1795325456.80",
    "agi_arg_2": "74950000001",
}
_SET = re.compile(r'EXEC MSet "(.*)"')


def head(**more: str) -> bytes:
    return ("".join(f"{key}: {value}\n" for key, value in (HEAD | more).items()) + "\n").encode()


async def ask(port: int, *, answers: tuple[bytes, ...] = (), **more: str) -> list[tuple[str, str]]:
    """Variables that the server set, in order, until it closed. `answers` are given first, then successes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    given = list(answers)
    said: list[tuple[str, str]] = []
    try:
        writer.write(head(**more))
        while line := await asyncio.wait_for(reader.readline(), 30):
            match = _SET.fullmatch(line.decode().rstrip("\n"))
            assert match, f"not an MSet line: {line!r}"
            said += [
                (name, value) for name, _, value in (pair.partition("=") for pair in match[1].split(","))
            ]
            writer.write(given.pop(0) if given else b"200 result=0\n")
    except ConnectionError:
        pass
    finally:
        writer.close()
    return said
