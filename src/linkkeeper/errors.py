"""
The tree of errors that a user may meet.

::

    LinkkeeperError                what failed, on what, and what to do
    ├── UsageError                 exit 2: wrong arguments
    ├── ConfigurationError         exit 2: config.toml or LINKKEEPER_*
    ├── InputError                 exit 1: a file, URL or feed that can't be read
    ├── StorageError               exit 1: storage can't be written, is full, is damaged
    │   ├── FixityError            exit 1: a file is not what its manifest says
    │   └── JournalFailed          exit 1: an act could not be journaled, so it was not done
    ├── DatabaseError              exit 1: locked, newer than this release, unreachable
    ├── BrowserError               exit 1: no browser, or it won't start
    ├── StaleLeaseError            a late result was refused; never shown as a failure
    ├── EgressError                a connection that was not made
    │   ├── ForbiddenAddress       refused by our own address policy
    │   ├── NameMissing            the name does not exist
    │   ├── NameFailing            the name could not be resolved now
    │   ├── ConnectFailed          refused, reset, no route (errno)
    │   ├── ConnectTimeout         no connection in time
    │   └── ProxyFailed            the upstream proxy refused or failed
    └── RelinkRefused              an edit that could not be proven

A dead link is a verdict, not an error.
"""


class LinkkeeperError(Exception):
    """
    Something asked for could not be done.

    Args:
        operation: What was being done, as a phrase: ``"read the analysis"``.
        subject: The file, URL or setting concerned.
        reason: Why it failed.
        hint: What the operator can do about it.
    """

    exit_status = 1

    def __init__(self, operation: str, *, subject: str, reason: str, hint: str = "") -> None:
        self.operation = operation
        self.subject = subject
        self.reason = reason
        self.hint = hint
        super().__init__(operation, subject, reason, hint)

    def __str__(self) -> str:
        sentence = f"can't {self.operation}: {self.subject}: {self.reason}"
        return f"{sentence}\n  {self.hint}" if self.hint else sentence


class UsageError(LinkkeeperError):
    exit_status = 2


class ConfigurationError(LinkkeeperError):
    exit_status = 2


class InputError(LinkkeeperError):
    pass


class StorageError(LinkkeeperError):
    pass


class FixityError(StorageError):
    pass


class JournalFailed(StorageError):
    pass


class DatabaseError(LinkkeeperError):
    pass


class BrowserError(LinkkeeperError):
    pass


class StaleLeaseError(LinkkeeperError):
    pass


class RelinkRefused(LinkkeeperError):
    pass


class EgressError(LinkkeeperError):
    """
    A connection that was not made.

    Attributes:
        errno: Of the operating system, where there was one.
    """

    def __init__(self, operation: str, *, subject: str, reason: str, hint: str = "", errno: int | None = None) -> None:
        super().__init__(operation, subject=subject, reason=reason, hint=hint)
        self.errno = errno


class ForbiddenAddress(EgressError):
    pass


class NameMissing(EgressError):
    pass


class NameFailing(EgressError):
    pass


class ConnectFailed(EgressError):
    pass


class ConnectTimeout(EgressError):
    pass


class ProxyFailed(EgressError):
    pass
