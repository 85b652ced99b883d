"""How a step says that it cannot go on."""

import errno

from recordings.model import FailureCode


class StepFailed(Exception):
    """A step cannot go on; `code` goes to the row."""

    def __init__(self, code: FailureCode, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail


def failure_of(exc: OSError) -> FailureCode:
    """What a refusal of the file system means for the row."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return FailureCode.DISK_FULL
    if exc.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return FailureCode.NOT_WRITABLE
    if exc.errno == errno.ENOENT:
        return FailureCode.FILE_MISSING
    return FailureCode.UNEXPECTED
