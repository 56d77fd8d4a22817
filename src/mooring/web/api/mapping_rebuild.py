"""The mapping of one store: rebuilt, resumed, downloaded and taken in again. None of it creates or changes a customer,
a product or an order."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar.params import RawBody
from litestar.response import Stream
from msgspec import Meta

from mooring.db.rebuild import Match
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.usecases import mapping_copy, rebuild_mapping, resume_sync, verify_mapping
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import Id, In, OperationOut, Out, operation_out
from mooring.web.routing import FromPath, FromQuery, Given, JSONBody, get, post


class KindsIn(In):
    """None named: all three."""

    kinds: tuple[SyncKind, ...] = ()


class AcceptIn(In):
    """`resume`: automatic sync of these kinds goes on afterwards."""

    kinds: tuple[SyncKind, ...] = ()
    resume: bool = True


class ChooseIn(In):
    """`odoo_id`: which of the candidates it is; null for none of them."""

    kind: MappedKind
    shopify_id: int
    odoo_id: int | None


class PreviewIn(In):
    preview: Annotated[Id, Meta(description="The operation that was the preview.")]


class MatchOut(Out):
    """`state`: matched, ambiguous, unmatched, accepted or undone. `found_by`: external_id, metafield, reference, email,
    barcode, sku, address, name, sequence or person."""

    kind: MappedKind
    shopify_id: int
    state: str
    found_by: str | None
    odoo_id: int | None
    candidates: tuple[int, ...]


class FoundOut(Out):
    """`counts`: by kind of record and state. `next`: the `after` of the next page, null at the end."""

    counts: dict[str, dict[str, int]]
    items: list[MatchOut]
    next: int | None


class ResumedOut(Out):
    kinds: list[SyncKind]


class ImportedOut(Out):
    """`kept`: pairs that were mapped already. `left_out`: how many were not taken, by reason: not_in_hub, not_in_odoo,
    not_positive, taken. `operation` plants the external ids of what was added."""

    added: int
    kept: int
    left_out: dict[str, int]
    sentence: str
    operation: OperationOut | None


def _match_out(one: Match) -> MatchOut:
    return MatchOut(one.kind, one.shopify_id, one.state, one.found_by, one.odoo_id, one.candidates)


@post("/stores/{store_id:str}/mapping/verify", role="editor", status_code=202,
      summary="Does what the mapping says still hold?")  # fmt: skip
def verified(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[KindsIn]) -> OperationOut:
    """Reads only. Its receipt counts the pairs that agree, and names those that do not."""
    return operation_out(verify_mapping.request(app, who, store_id, data.kinds))


@post("/stores/{store_id:str}/mapping/rebuild", role="admin", status_code=202, summary="Find what belongs together")
def rebuilt(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[KindsIn]) -> OperationOut:
    return operation_out(rebuild_mapping.request(app, who, store_id, data.kinds))


@get("/stores/{store_id:str}/mapping/rebuild", role="viewer", summary="What a rebuild found")
def found(
    app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromQuery[MappedKind] = MappedKind.CUSTOMER,
    only: FromQuery[Literal["matched", "ambiguous", "unmatched", "accepted", "undone"] | None] = None,
    after: FromQuery[int] = 0,
) -> FoundOut:  # fmt: skip
    counts, page = rebuild_mapping.show(app, who, store_id, kind, state=only, after=after)
    more = page[-1].shopify_id if len(page) == rebuild_mapping.PAGE else None
    return FoundOut({str(one): dict(of) for one, of in counts.items()}, [_match_out(one) for one in page], more)


@post("/stores/{store_id:str}/mapping/rebuild/accept", role="admin", status_code=202, summary="Bind what is matched")
def accepted(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[AcceptIn]) -> OperationOut:
    return operation_out(rebuild_mapping.accept(app, who, store_id, data.kinds, resume=data.resume))


@post("/stores/{store_id:str}/mapping/rebuild/choose", role="editor", status_code=200,
      summary="Say which Odoo record one is")  # fmt: skip
def chosen(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[ChooseIn]) -> MatchOut:
    return _match_out(rebuild_mapping.choose(app, who, store_id, data.kind, data.shopify_id, data.odoo_id))


@post("/stores/{store_id:str}/mapping/rebuild/undo", role="admin", status_code=202, summary="Take back what was bound")
def undone(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[KindsIn]) -> OperationOut:
    return operation_out(rebuild_mapping.undo(app, who, store_id, data.kinds))


@post("/stores/{store_id:str}/mapping/resume/preview", role="editor", status_code=202,
      summary="What the next sync would do")  # fmt: skip
def outlook(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[KindsIn]) -> OperationOut:
    return operation_out(resume_sync.preview(app, who, store_id, data.kinds))


@post("/stores/{store_id:str}/mapping/resume", role="editor", status_code=200, summary="Let automatic sync go on")
def resumed(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[PreviewIn]) -> ResumedOut:
    return ResumedOut(list(resume_sync.request(app, who, store_id, data.preview)))


@get("/stores/{store_id:str}/mapping/export", role="editor", summary="The mapping, as a file")
def exported(
    app: Given[App], who: Given[Who], store_id: FromPath[str], form: FromQuery[Literal["csv", "json"]] = "csv"
) -> Stream:
    """CSV, or one JSON object per line. It names records by id only."""
    made = mapping_copy.export(app, who, store_id, form=form)
    name, media = ("mapping.csv", "text/csv") if form == "csv" else ("mapping.jsonl", "application/jsonl")
    return Stream(made, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


@post("/stores/{store_id:str}/mapping/import", role="admin", status_code=200,
      request_max_body_size=mapping_copy.LARGEST + 1, summary="Take a downloaded mapping in again")  # fmt: skip
def imported(
    app: Given[App], who: Given[Who], store_id: FromPath[str], body: RawBody, dry: FromQuery[bool] = False
) -> ImportedOut:
    """The body is the file. Refused whole where the Odoo database, the company or the shop is another one. Pairs whose
    records are not there are left out. With `dry` nothing is written."""
    done = mapping_copy.take_in(app, who, store_id, body, dry=dry)
    operation = operation_out(done.operation) if done.operation else None
    return ImportedOut(done.added, done.kept, dict(done.left_out), mapping_copy.sentence(done), operation)


ROUTES = [
    verified, rebuilt, found, accepted, chosen, undone, outlook, resumed, exported, imported,
]  # fmt: skip
