"""Services of accounts. The key that seals secrets in the database stands in the installation's file of secrets."""

from pathlib import Path
from typing import Final

from callcore.asterisk.secrets import PbxSecrets
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.seal import Seal
from callcore.network.acting import ActingForDealers
from callcore.network.own_account import OwnAccount
from callcore.network.second_factor import SecondFactor
from web.account.services import AccountServices

_NAME: Final = "seal:accounts"


def account_seal(secrets_file: Path) -> Seal:
    """Losing the file means that people with a second factor need a reset by an administrator."""
    return Seal(lambda: PbxSecrets(secrets_file).get(_NAME)[_NAME])


def account_services(database: Database, clock: Clock, seal: Seal) -> AccountServices:
    return AccountServices(
        account=OwnAccount(database, clock),
        factor=SecondFactor(database, clock, seal),
        acting=ActingForDealers(database, clock),
    )
