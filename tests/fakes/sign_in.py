"""A SignIn without a database: any e-mail of `people` with the password «demo»."""

from callcore.kernel.errors import Forbidden, TooMany
from callcore.network.model import Role, Viewer
from callcore.network.sign_in import SessionView, SignedIn

PASSWORD = "demo"


def viewer(role: Role = Role.OPERATOR, **changes: object) -> Viewer:
    values = {
        "user_id": 7,
        "full_name": "Анна Белова",
        "role": role,
        "org_id": 1,
        "org_name": "Северный профиль",
        "org_path": "/1/",
        "phone_ids": (3,),
        "tz": "Europe/Moscow",
    }
    return Viewer(**(values | changes))


class FakeSignIn:
    """Sessions live in `sessions`: token -> SessionView. `blocked` makes every attempt one too many."""

    def __init__(self, **people: Viewer) -> None:
        self.people = people or {"operator": viewer()}
        self.sessions: dict[str, SessionView] = {}
        self.attempts: list[tuple[str, str, str]] = []
        self.blocked = False

    async def sign_in(self, email: str, password: str, ip: str, user_agent: str) -> SignedIn:
        self.attempts.append((email, ip, user_agent))
        if self.blocked:
            raise TooMany("too-many-attempts", retry_after_s=240)
        person = self.people.get(email.split("@")[0])
        if person is None or password != PASSWORD:
            raise Forbidden("bad-credentials")
        token, csrf = f"token-{len(self.sessions)}", f"csrf-{len(self.sessions)}"
        self.sessions[token] = SessionView(person, csrf)
        return SignedIn(token, csrf, person)

    async def viewer(self, token: str) -> SessionView | None:
        return self.sessions.get(token)

    async def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)
