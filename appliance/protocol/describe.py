"""Writes docs/protocol.md from the messages' own source: names, fields, bounds, docstrings; hides Python's syntax tree.

Takes the source as text, since this package reads no files: `scripts/protocol` and `tillbox protocol` hand it over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

MODULES: Final = ("message", "command", "view")
_TITLES: Final = {
    "message": "The envelope",
    "command": "Commands",
    "view": "The view",
}
_PLAIN: Final = {
    "int": "integer", "str": "text", "bool": "true or false", "Any": "anything", "bytes": "bytes in base 64",
    "msgspec.Raw": "any JSON",
}  # fmt: skip
_HEAD: Final = """\
# The kiosk protocol

This page is written by `scripts/protocol` from `appliance/protocol/`; a test fails when it differs. Change the
messages, not the page.
"""
_WIRE_HEAD: Final = """\
# The messages between tills and head office

This page is written by `scripts/protocol` from `appliance/protocol/wire.py`; a test fails when it differs. Change the
messages, not the page. How they travel: [wire.md](wire.md).
"""
_NO_MESSAGES: Final = ("BrokenBatch", "Message", "Topics")


class Field(msgspec.Struct, frozen=True):
    name: str
    type: str
    default: str
    """As JSON, or "" when the field must be there."""
    text: str


class Described(msgspec.Struct, frozen=True):
    """One message, or one part of it."""

    name: str
    section: str
    tag_field: str
    """Name of the field that says which message this is; "" for parts that need none."""
    tag: str
    text: str
    fields: tuple[Field, ...]


class Page(msgspec.Struct, frozen=True):
    """One module of messages."""

    name: str
    text: str
    types: tuple[Field, ...]
    """Named kinds of values; their `type` says the bounds."""
    messages: tuple[Described, ...]


def messages(sources: Mapping[str, str]) -> list[Page]:
    """Everything that crosses the socket, module by module; `sources` by module name."""
    pages: list[Page] = []
    tags: dict[str, str] = {}
    for name in MODULES:
        pages.append(_read(name, sources[name], tags))
    return pages


def describe(sources: Mapping[str, str]) -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for page in messages(sources):
        parts += [f"## {_TITLES[page.name]}\n\n{page.text}\n", *_contents(page)]
    return "\n".join(parts)


def describe_wire(source: str) -> str:
    """The same for the messages between tills and head office: the source of `appliance/protocol/wire.py`."""
    page = _read("wire", source, {})
    kinds = tuple(message for message in page.messages if message.name not in _NO_MESSAGES)
    return "\n".join([_WIRE_HEAD, f"{page.text}\n", *_contents(msgspec.structs.replace(page, messages=kinds))])


def _contents(page: Page) -> Iterable[str]:
    if page.types:
        yield "Numbers and kinds of values:\n\n" + _table(("name", "type", "meaning"), _type_rows(page.types))
    section = ""
    for message in page.messages:
        if message.section != section:
            section = message.section
            yield f"### {section[0].upper()}{section[1:]}\n"
        yield _message(message)


def _type_rows(types: Iterable[Field]) -> Iterable[tuple[str, ...]]:
    return ((f"`{row.name}`", row.type, row.text) for row in types)


def _message(message: Described) -> str:
    tag = f" — `{message.tag_field}: {message.tag}`" if message.tag else ""
    body = f"#### {message.name}{tag}\n"
    if message.text:
        body += f"\n{message.text}\n"
    if message.fields:
        rows = ((f"`{row.name}`", row.type, row.default and f"`{row.default}`", row.text) for row in message.fields)
        body += "\n" + _table(("field", "type", "default", "meaning"), rows)
    return body


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines) + "\n"


# --- reading the source ---------------------------------------------------------------------------------------------


def _read(name: str, source: str, tags: dict[str, str]) -> Page:
    """`tags` gathers the tag field that each base class hands down."""
    tree = ast.parse(source)
    sections = _sections(source)
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            settings = {word.arg: ast.unparse(word.value) for word in node.keywords}
            base = ast.unparse(node.bases[0]) if node.bases else ""
            field = settings.get("tag_field", repr(tags.get(base, ""))).strip("'")
            tags[node.name] = field
            if "tag" in settings or node.body[1:] or not base.startswith("msgspec"):
                found.append(_describe(node, sections, field or "type", settings.get("tag", "")))
    types = [row for node in tree.body if (row := _named_type(node)) is not None]
    for i, node in enumerate(tree.body[:-1]):
        types = [_with_text(row, node, tree.body[i + 1]) for row in types]
    return Page(name, _doc(tree), tuple(types), tuple(found))


def _sections(source: str) -> list[tuple[int, str]]:
    """Line and words of the remarks that head a group of messages."""
    lines = enumerate(source.splitlines(), 1)
    return [(number, line.strip("#- ")) for number, line in lines if line.startswith("# ")]


def _describe(node: ast.ClassDef, sections: list[tuple[int, str]], tag_field: str, tag: str) -> Described:
    section = [words for line, words in sections if line < node.lineno]
    fields: list[Field] = []
    for i, row in enumerate(node.body):
        if isinstance(row, ast.AnnAssign) and isinstance(row.target, ast.Name):
            default = "" if row.value is None else _json(row.value)
            after = node.body[i + 1] if i + 1 < len(node.body) else None
            fields.append(Field(row.target.id, _type(row.annotation), default, _text(after)))
    tag = tag.replace("'", '"')
    return Described(
        node.name, section[-1] if section else "", tag_field if tag else "", tag, _doc(node), tuple(fields)
    )


def _doc(node: ast.Module | ast.ClassDef) -> str:
    return ast.get_docstring(node) or ""


def _text(node: ast.stmt | None) -> str:
    """The string under a field."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return ""


def _json(node: ast.expr) -> str:
    """A default as it would stand on the wire."""
    if isinstance(node, ast.Tuple):
        return "[]"
    if isinstance(node, ast.Call):  # a part of its own defaults, or JSON as it stands
        return str(ast.literal_eval(node.args[0]).decode()) if node.args else "{}"
    value = ast.literal_eval(node)
    return msgspec.json.encode(value).decode()


def _named_type(node: ast.stmt) -> Field | None:
    """`Amount = Annotated[int, ...]`, `Level = Literal[...]`, and numbers such as `VERSION`."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, int):
        return Field(ast.unparse(node.targets[0]), str(node.value.value), "", "")
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Subscript):
        return None
    if ast.unparse(node.value.value) not in ("Annotated", "Literal"):
        return None
    return Field(ast.unparse(node.targets[0]), _type(node.value), "", "")


def _with_text(row: Field, node: ast.stmt, after: ast.stmt) -> Field:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == row.name:
        return msgspec.structs.replace(row, text=_text(after))
    return row


def _type(node: ast.expr) -> str:
    """A type in words."""
    if isinstance(node, ast.BinOp):
        return f"{_type(node.left)} or {_type(node.right)}"
    if isinstance(node, ast.Constant):
        return "nothing" if node.value is None else repr(node.value)
    if not isinstance(node, ast.Subscript):
        name = ast.unparse(node)
        return _PLAIN.get(name, f"`{name}`")
    of = ast.unparse(node.value)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if of == "Annotated":
        many = isinstance(parts[0], ast.Subscript) and ast.unparse(parts[0].value) in ("dict", "tuple")
        return _type(parts[0]) + _bounds(parts[1], "entries" if many else "characters")
    if of == "Literal":
        return "one of " + ", ".join(f"`{ast.unparse(part)}`" for part in parts).replace("'", '"')
    if of == "dict":
        return f"table from {_type(parts[0])} to {_type(parts[1])}"
    if of == "tuple" and ast.unparse(parts[-1]) == "...":
        return f"list of ({_type(parts[0])})" if isinstance(parts[0], ast.BinOp) else f"list of {_type(parts[0])}"
    return "[" + ", ".join(_type(part) for part in parts) + "]"


def _bounds(meta: ast.expr, unit: str) -> str:
    """What `msgspec.Meta` allows: " 0…99", ", at most 40 characters", ", matching `^[0-9]*$`"."""
    if not isinstance(meta, ast.Call):
        return ""
    given = {word.arg: _number(word.value) for word in meta.keywords}
    said = ""
    if "ge" in given or "le" in given:
        said += f" {given.get('ge', '')}…{given.get('le', '')}"
    if "min_length" in given:
        said += f", at least {given['min_length']} {unit}"
    if "max_length" in given:
        said += f", at most {given['max_length']} {unit}"
    if "pattern" in given:
        said += f", matching `{given['pattern']}`"
    return said


def _number(node: ast.expr) -> str:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return f"-{_number(node.operand)}"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return str(ast.literal_eval(node.left) ** ast.literal_eval(node.right))
    return str(ast.literal_eval(node))
