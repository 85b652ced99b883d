"""Phones by key, from one reading of the network; a new reading is a new book."""

from callcore.calls.model import PhoneInfo
from callcore.network.directory_rows import Directory


class PhoneBook:
    """The PhoneDirectory of the tracker. Phones that are switched off are not in it."""

    def __init__(self, directory: Directory) -> None:
        paths = {org.id: org.path for org in directory.orgs}
        self._by_key = {
            phone.key: PhoneInfo(
                phone_id=phone.id,
                owner=phone.owner,
                label=phone.label,
                outlet_id=phone.outlet_id,
                org_id=phone.org_id,
                org_path=paths.get(phone.org_id, "") if phone.org_id is not None else "",
                user_id=phone.user_id,
            )
            for phone in directory.phones
        }

    def phone(self, key: str) -> PhoneInfo | None:
        return self._by_key.get(key)
