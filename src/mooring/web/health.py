"""`/healthz`: the process answers. `/readyz`: the database does too. `/metrics`: numbers for Prometheus.

They are for machines that do not sign in, so they tell counts and nothing else: no name, no address, no id."""

from __future__ import annotations

from litestar import MediaType, Response

from mooring.usecases import held, metrics
from mooring.usecases.context import App
from mooring.web.routing import Given, get


@get("/healthz", role="public", media_type=MediaType.TEXT)
def healthz() -> str:
    return "ok\n"


@get("/readyz", role="public", media_type=MediaType.TEXT)
def readyz(app: Given[App]) -> Response[str]:
    """503 when the database does not answer; the reason stands in the log. A held installation is ready: it answers."""
    try:
        waits = held.held(app) is not None
    except Exception as error:  # whatever the driver raises, the answer is no
        app.log.error("not_ready", exc_info=error)
        return Response("the database does not answer\n", status_code=503, headers={"Retry-After": "5"})
    return Response("ok, held: a restore waits to be accepted\n" if waits else "ok\n")


@get("/metrics", role="public", media_type="text/plain; version=0.0.4")
def prometheus(app: Given[App]) -> str:
    return "".join(_lines(metrics.gather(app)))


def _lines(families: list[metrics.Family]) -> list[str]:
    found: list[str] = []
    for family in families:
        found += [f"# HELP {family.name} {family.help}\n", f"# TYPE {family.name} {family.type}\n"]
        found += [f"{family.name}{_labels(labels)} {value}\n" for labels, value in family.samples]
    return found


def _labels(labels: dict[str, str]) -> str:
    """Label values are words of our own: no quoting is needed."""
    inside = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


ROUTES = [healthz, readyz, prometheus]
