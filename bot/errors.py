"""The three kinds of errors that are part of the job; anything else is a defect of ours."""

from __future__ import annotations


class UserError(Exception):
    """Shown to the person as it is: says what is wrong, where, and how to mend it."""


class ForgeError(Exception):
    """A forge refused, failed or answered nonsense.

    `retry_at` is when to try again (seconds since the epoch; None: the caller's own backoff).
    `permanent` says that trying again cannot help (no such repository, credential refused).
    """

    def __init__(self, message: str, *, retry_at: float | None = None, permanent: bool = False) -> None:
        super().__init__(message)
        self.retry_at = retry_at
        self.permanent = permanent


class NotThere(ForgeError):
    """A forge has no such pull request: what a delivery named was made up, or is gone."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class CouldNotVerify(Exception):
    """What we were given does not add up (counts disagree, a list is cut): closed gate, nobody blamed."""
