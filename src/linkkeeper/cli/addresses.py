"""URLs as typed on the command line."""

from collections.abc import Sequence

from linkkeeper.cli.output import complain
from linkkeeper.errors import InputError, UsageError
from linkkeeper.pipeline.editing import require_scheme


def with_scheme(urls: Sequence[str]) -> tuple[list[str], int]:
    """
    Tell of each URL without a scheme what to type instead.

    Returns:
        The others, and the exit status so far: 2 if there was one without.
    """
    usable = []
    for url in urls:
        try:
            require_scheme(url)
        except InputError as error:
            complain(UsageError(error.operation, subject=url, reason=error.reason, hint=error.hint))
        else:
            usable.append(url)
    return usable, UsageError.exit_status if len(usable) < len(urls) else 0
