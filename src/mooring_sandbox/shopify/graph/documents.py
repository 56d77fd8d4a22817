"""Reading a document: syntax errors as the server words them."""

from __future__ import annotations

from graphql import DocumentNode, GraphQLSyntaxError, Lexer, Source, Token, TokenKind, parse

from mooring_sandbox.shopify.graph.errors import Json, Rejected

_PUNCTUATION = {
    TokenKind.BRACE_L: "LCURLY",
    TokenKind.BRACE_R: "RCURLY",
    TokenKind.PAREN_L: "LPAREN",
    TokenKind.PAREN_R: "RPAREN",
    TokenKind.BRACKET_L: "LBRACKET",
    TokenKind.BRACKET_R: "RBRACKET",
    TokenKind.COLON: "COLON",
    TokenKind.BANG: "BANG",
    TokenKind.DOLLAR: "VAR_SIGN",
    TokenKind.AT: "DIR_SIGN",
    TokenKind.EQUALS: "EQUALS",
    TokenKind.PIPE: "PIPE",
    TokenKind.AMP: "AMP",
    TokenKind.SPREAD: "ELLIPSIS",
    TokenKind.INT: "INT",
    TokenKind.FLOAT: "FLOAT",
    TokenKind.STRING: "STRING",
    TokenKind.BLOCK_STRING: "STRING",
}
_KEYWORDS = {
    "query": "QUERY",
    "mutation": "MUTATION",
    "subscription": "SUBSCRIPTION",
    "fragment": "FRAGMENT",
    "on": "ON",
    "true": "TRUE_LITERAL",
    "false": "FALSE_LITERAL",
    "null": "NULL_KEYWORD",
}


def read(text: str) -> DocumentNode:
    try:
        return parse(text)
    except GraphQLSyntaxError as error:
        raise Rejected([_syntax_error(text, error)]) from None


def _syntax_error(text: str, error: GraphQLSyntaxError) -> Json:
    """The place given is that of the unexpected token, or of the last one when the text ends too early."""
    at = next(iter(error.positions or ()), len(text))
    last = _token_at(text, at)
    place = f" at [{last.line}, {last.column}]" if last else ""
    message = f"syntax error, unexpected {_unexpected(text, at, last)}{place}"
    out: Json = {"message": message}
    if last:
        out["locations"] = [{"line": last.line, "column": last.column}]
    return {**out, "extensions": {"code": "PARSE_ERROR"}}


def _token_at(text: str, at: int) -> Token | None:
    """The last token that starts at or before `at`; None in an empty document."""
    lexer, last = Lexer(Source(text)), None
    try:
        while (token := lexer.advance()).kind is not TokenKind.EOF and token.start <= at:
            last = token
    except GraphQLSyntaxError:
        pass
    return last


def _unexpected(text: str, at: int, last: Token | None) -> str:
    if not text[at:].strip():
        return "end of file"
    if last is None or last.start != at:
        return f'invalid token ("{text[at]}")'
    written = text[last.start : last.end]
    name = _PUNCTUATION.get(last.kind) or _KEYWORDS.get(written, "IDENTIFIER")
    return f'{name} ("{written}")'
