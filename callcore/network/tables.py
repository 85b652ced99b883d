"""Mapping of the selling network."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

import callcore.network.policy_tables  # noqa: F401 - policies, to which numbers refer
from callcore.kernel.database import Base, BigId


class RegionRow(Base):
    """A subject of the federation. `code` is ISO 3166-2 (RU-MOS), `tz` its main IANA zone."""

    __tablename__ = "regions"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    tz: Mapped[str]


class OrgRow(Base):
    """A manufacturer, dealer or subdealer. `path` holds the ids from the root: /1/5/9/."""

    __tablename__ = "organizations"
    __table_args__ = (Index("ix_organizations_path", "path"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    path: Mapped[str]
    name: Mapped[str]
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    state: Mapped[str] = mapped_column(default="active")
    takes_site_calls: Mapped[bool] = mapped_column(default=True)  # «Звонок с сайта»
    points: Mapped[int] = mapped_column(default=0)
    rating: Mapped[int | None]  # merits.Weights: what «Рейтинг» goes by when it is not the points
    site_url: Mapped[str] = mapped_column(default="")
    is_authorised: Mapped[bool] = mapped_column(default=True, server_default=true())
    takes_site_orders: Mapped[bool] = mapped_column(default=True, server_default=true())
    description: Mapped[str] = mapped_column(default="", server_default="")
    promotions: Mapped[str] = mapped_column(default="", server_default="")  # «Акции», one a line
    email: Mapped[str] = mapped_column(default="", server_default="")
    logo: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # name of the stored file, empty for none
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))  # grows with each saved card
    whole_line: Mapped[bool] = mapped_column(default=True, server_default=true())  # sells every position
    order_access: Mapped[str] = mapped_column(default="region", server_default="region")  # OrderAccess
    order_capacity: Mapped[int | None]  # open orders at once, none for no limit
    phone_policy: Mapped[str] = mapped_column(
        default="", server_default=""
    )  # PhonePolicy, empty: the network's
    tz: Mapped[str]
    created_at: Mapped[datetime]


class OrgRegionRow(Base):
    """Regions that an organisation serves."""

    __tablename__ = "organization_regions"

    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"), primary_key=True)


class OutletRow(Base):
    """A point of sale. `hours` is {"mon": [["09:00","18:00"], …], …} in the outlet's own zone; a period whose end is not
    later than its start crosses midnight. `position` orders outlets within a region. `hours_version` grows with each
    change of the hours. `max_calls` talks at once, none for as many as its phones have lines. `ringing` is policy.Ringing
    for its phones. Coordinates are WGS 84 degrees."""

    __tablename__ = "outlets"
    __table_args__ = (Index("ix_outlets_org_id", "org_id"), Index("ix_outlets_region_code", "region_code"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str]
    city: Mapped[str]
    address: Mapped[str]
    region_code: Mapped[str] = mapped_column(ForeignKey("regions.code"))
    tz: Mapped[str]
    hours: Mapped[dict[str, Any]]
    accepts_calls: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=100)
    ring_s: Mapped[int] = mapped_column(default=20)
    works_on_holidays: Mapped[bool] = mapped_column(default=False, server_default=false())
    hours_version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    max_calls: Mapped[int | None]
    ringing: Mapped[str] = mapped_column(default="all", server_default="all")
    lat: Mapped[float | None]
    lon: Mapped[float | None]


class CalendarDayRow(Base):
    """A day that people wrote over the official production calendar; `region_code` empty is the whole country."""

    __tablename__ = "calendar_days"
    __table_args__ = (
        UniqueConstraint("day", "region_code"),
        CheckConstraint("kind IN ('off', 'work', 'short')", name="kind"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date]
    region_code: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    title: Mapped[str]


class OutletExceptionRow(Base):
    """Other hours on one date; `periods` as in OutletRow.hours, empty for closed."""

    __tablename__ = "outlet_exceptions"
    __table_args__ = (UniqueConstraint("outlet_id", "day"), Index("ix_outlet_exceptions_day", "day"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"))
    day: Mapped[date]
    periods: Mapped[list[Any]]
    reason: Mapped[str]


class UserExceptionRow(Base):
    """Other hours of a person on one date; `periods` as in OutletRow.hours, empty for a day off."""

    __tablename__ = "user_exceptions"
    __table_args__ = (UniqueConstraint("user_id", "day"), Index("ix_user_exceptions_day", "day"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    day: Mapped[date]
    periods: Mapped[list[Any]]
    reason: Mapped[str]


class OutletOverrideRow(Base):
    """Open or closed by hand. It cannot be stored without its end."""

    __tablename__ = "outlet_overrides"

    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    is_open: Mapped[bool]
    until: Mapped[datetime]
    reason: Mapped[str]


class UserRow(Base):
    """A person who signs in. `email` is stored in lower case. `hours` as OutletRow.hours, on the person's own clock: when
    the person's phones ring; none for whenever the place is open."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"), Index("ix_users_org_id", "org_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str]
    full_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    tz: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    hours: Mapped[dict[str, Any] | None]
    works_on_holidays: Mapped[bool] = mapped_column(default=False, server_default=false())
    totp_secret: Mapped[str] = mapped_column(default="", server_default="")  # sealed, empty: no second factor
    totp_since: Mapped[datetime | None]  # confirmed by a code
    totp_used_step: Mapped[int] = mapped_column(BigId, default=0, server_default=text("0"))
    recovery_hashes: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))


class PhoneRow(Base):
    """A phone that the PBX may ring; its key in the dialplan is p<id>. Belongs to an outlet, to a person, or is a duty
    number (`duty_position` orders those that stand in when no shift is set). `position` orders the phones of an outlet."""

    __tablename__ = "phones"
    __table_args__ = (
        CheckConstraint("kind IN ('sip', 'external')", name="kind"),
        Index("ix_phones_outlet_id", "outlet_id"),
        Index("ix_phones_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str]
    label: Mapped[str]
    number: Mapped[str] = mapped_column(default="")  # E.164, external only
    extension: Mapped[str] = mapped_column(default="")
    owner: Mapped[str]  # PhoneOwner
    outlet_id: Mapped[int | None] = mapped_column(ForeignKey("outlets.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    duty_position: Mapped[int | None]
    lines: Mapped[int] = mapped_column(default=1)
    accept_by_key: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=100, server_default=text("100"))


class DidRow(Base):
    """A tracked number. `org_id` empty: calls go by region; `region_code` empty: by the caller's number or head office.
    `request_type` is written on the requests that its calls make. `greeting` and `whisper` are texts to be spoken, empty
    for none and for the usual one; `waiting` is what the caller hears: ringback or music. `policy_id` empty: the policy
    of all numbers."""

    __tablename__ = "dids"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str]  # E.164
    label: Mapped[str]
    region_code: Mapped[str | None] = mapped_column(ForeignKey("regions.code"))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    source: Mapped[str] = mapped_column(default="unknown")
    medium: Mapped[str] = mapped_column(default="unknown")
    campaign: Mapped[str] = mapped_column(default="")
    request_type: Mapped[str] = mapped_column(default="call")
    to_operators: Mapped[bool] = mapped_column(default=False)  # straight to the head office's operators
    is_active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(default="ru", server_default="ru")
    greeting: Mapped[str] = mapped_column(default="", server_default="")
    whisper: Mapped[str] = mapped_column(default="", server_default="")
    says_recorded: Mapped[bool] = mapped_column(default=False, server_default=false())
    waiting: Mapped[str] = mapped_column(default="ringback", server_default="ringback")
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))


class SessionRow(Base):
    """A signed-in browser. Only the hash of the cookie's value is stored."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index("ix_user_sessions_user_id", "user_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ip: Mapped[str]
    user_agent: Mapped[str]
    impersonation_id: Mapped[int | None] = mapped_column(BigId)  # ImpersonationRow while one acts for another


class SignInAttemptRow(Base):
    """Failed sign-ins, for the rate limit; `subject` is "ip:…" or "email:…" (hashed)."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject: Mapped[str]
    at: Mapped[datetime]
