"""Every error is an instruction: its class says what happens next.

MooringError
├── Refused            not now or not so: shown as a sentence, no retry
│   ├── InvalidInput       what was typed cannot be used
│   │   └── NotTaken           it has the right form, but the other side refuses it or does not answer
│   ├── NotSignedIn        nobody is signed in, or the session or token is over
│   ├── NotAllowed         this person may not do that
│   ├── NotFound           there is no such thing, or it is not theirs to see
│   ├── Conflict           somebody else was first; look again
│   ├── Held               a restored copy: work waits until the restore is accepted
│   └── ConfirmationMissing  carries the preview to confirm and its token
├── Retriable          try again later, `retry_after` seconds from now
│   ├── Throttled          asked to slow down
│   ├── Unreachable        no answer, or a passing fault of the other side
│   └── StoreUnavailable   frozen, locked or closed at Shopify; the token is still good
├── OutcomeUnknown     the call may have happened: observe again, then decide
├── AuthLost           the credentials are dead: the store needs a reconnect
├── AppRejected        Shopify refuses the app itself (client id or secret); no store moves
├── Permanent          this one can never succeed: park it, keep the others going
│   └── NotProved          an import whose numbers do not add up; what was written stays
├── Stale              superseded by a newer generation or epoch: finish quietly
└── Misconfigured      Mooring itself cannot start or go on like this; says which setting
"""

from __future__ import annotations

from typing import Any


class MooringError(Exception):
    """`sentence` is for people; `code` is stable and for machines."""

    code = "error"

    def __init__(self, sentence: str, *, code: str | None = None, **facts: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or type(self).code
        self.facts = facts


class Refused(MooringError):
    code = "refused"


class InvalidInput(Refused):
    """`field` names the input that is wrong."""

    code = "invalid_input"

    def __init__(self, sentence: str, *, field: str | None = None, code: str | None = None, **facts: Any) -> None:
        super().__init__(sentence, code=code, **facts)
        self.field = field


class NotTaken(InvalidInput):
    """Nothing is wrong with how it was typed: a program that asks must not take it for its own misuse."""

    code = "not_taken"


class NotSignedIn(Refused):
    code = "not_signed_in"


class NotAllowed(Refused):
    code = "not_allowed"


class NotFound(Refused):
    code = "not_found"


class Conflict(Refused):
    code = "conflict"


class Held(Refused):
    code = "held"


class ConfirmationMissing(Refused):
    code = "confirmation_missing"

    def __init__(self, sentence: str, *, preview: dict[str, Any], token: str) -> None:
        super().__init__(sentence, preview=preview, token=token)
        self.preview = preview
        self.token = token


class Retriable(MooringError):
    code = "retry_later"

    def __init__(self, sentence: str, *, retry_after: float = 30.0, code: str | None = None, **facts: Any) -> None:
        super().__init__(sentence, code=code, **facts)
        self.retry_after = retry_after


class Throttled(Retriable):
    code = "throttled"


class Unreachable(Retriable):
    code = "unreachable"


class StoreUnavailable(Retriable):
    code = "store_unavailable"


class OutcomeUnknown(MooringError):
    code = "outcome_unknown"


class AuthLost(MooringError):
    code = "auth_lost"


class AppRejected(MooringError):
    code = "app_rejected"


class Permanent(MooringError):
    code = "permanent"


class NotProved(Permanent):
    code = "not_proved"


class Stale(MooringError):
    code = "stale"


class Misconfigured(MooringError):
    code = "misconfigured"
