"""One tree of refusals. `code` is stable and kebab-case; words for people and HTTP live in web/errors.py."""

from typing import Any


class DealerlineError(Exception):
    """A refusal with a stable code.

    `message` is English, for logs and developers; `details` are values that a page may quote.
    `retryable` tells a caller whether the same request may succeed later.
    """

    retryable = False

    def __init__(self, code: str, message: str = "", **details: Any) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.details = details


class NotFound(DealerlineError):
    """The thing does not exist, or this person may not know that it does."""


class Invalid(DealerlineError):
    """The input is wrong; `details["fields"]` maps a field's name to what to do."""


class NotAllowedNow(DealerlineError):
    """The state does not permit this command; nothing was changed."""


class Conflict(DealerlineError):
    """Somebody else changed the same thing first."""


class Forbidden(DealerlineError):
    """Known person, no right; or an unknown person where one must be known."""


class TooMany(DealerlineError):
    """A limit was reached; `details["retry_after_s"]` tells when to come back."""

    retryable = True


class PbxUnavailable(DealerlineError):
    """The PBX does not answer; the action was not, or not provably, carried out."""

    retryable = True


class DatabaseUnavailable(DealerlineError):
    """The database does not answer in time."""

    retryable = True


class StoreUnavailable(DealerlineError):
    """The store of recordings does not answer, or not as it should; what was asked may not have been done."""

    retryable = True
