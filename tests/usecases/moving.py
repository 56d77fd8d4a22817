"""Time that passes for an application under test, on the one clock it asks."""

from datetime import timedelta

from mooring.app import SystemClock
from mooring.usecases.context import App


def later(app: App, by: timedelta) -> None:
    assert isinstance(app.clock, SystemClock)
    app.clock.advance(by)
