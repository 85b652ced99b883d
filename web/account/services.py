"""What the rooms of accounts need from below; bootstrap fills it."""

from dataclasses import dataclass

from aiohttp import web

from callcore.network.acting import ActingForDealers
from callcore.network.own_account import OwnAccount
from callcore.network.second_factor import SecondFactor


@dataclass(frozen=True, slots=True)
class AccountServices:
    account: OwnAccount
    factor: SecondFactor
    acting: ActingForDealers


SERVICES = web.AppKey("account_services", AccountServices)
