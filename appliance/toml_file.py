"""A TOML file that a person wrote: what is wrong in it, by line and key, with what is allowed.

Hides how a key is found again in the text (a parser of TOML keeps no lines) and what a type allows. It is loaded when
something is wrong, and by what checks files: a till that starts on right settings never sees it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import inspect

Key = tuple[str | int, ...]
"""The way to a value: names of tables and numbers in lists, such as ("rules", 2, "pattern")."""
SHOWN_MAX: Final = 60
_POSITION: Final = re.compile(r"\(at line (\d+), column (\d+)\)")


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong with a file."""

    line: int
    """Counted from 1; 0 for the file as a whole."""
    code: str
    """A message id; `params` fill its sentence."""
    params: dict[str, str | int] = {}

    def placed(self, file: str) -> dict[str, str | int]:
        """What a Refusal says of it: `place` and `reason` are message ids, filled by the rest."""
        return {**self.params, "file": file, "line": self.line, "place": place(self.line), "reason": self.code}


def place(line: int) -> str:
    """The message id of a place in a file, filled by `file` and `line`."""
    return "files.place" if line else "files.whole"


def unopened(error: OSError) -> Fault:
    """Why any file does not open."""
    if isinstance(error, FileNotFoundError):
        return Fault(0, "file.not_there")
    if isinstance(error, PermissionError):
        return Fault(0, "file.no_right")
    if isinstance(error, IsADirectoryError):
        return Fault(0, "file.not_a_file")
    return Fault(0, "file.io", {"reason": error.strerror or str(error)})


def unreadable(path: Path, error: Exception) -> Fault:
    """Why a file is no TOML at all."""
    if isinstance(error, OSError):
        return unopened(error)
    if isinstance(error, UnicodeDecodeError):
        return Fault(0, "file.not_utf8", {"byte": error.start})
    if isinstance(error, RecursionError):
        return Fault(0, "toml.too_deep")
    found = _POSITION.search(str(error))
    lines = path.read_text(encoding="utf-8").splitlines()
    line, column = (int(found[1]), int(found[2])) if found else (len(lines), 0)
    shown = lines[line - 1].strip()[:SHOWN_MAX] if 0 < line <= len(lines) else ""
    if "overwrite" in str(error):
        return Fault(line, "toml.twice", {"text": shown})
    return Fault(line, "toml.syntax" if found else "toml.open_end", {"column": column, "text": shown})


def faults_of(text: str, table: Mapping[str, Any], struct: type, key: Key = ()) -> list[Fault]:
    """Everything that keeps a table from being a `struct`, in the order of the lines; nothing when nothing does."""
    found = sorted(_faults(text, table, struct, key), key=lambda fault: fault.line)
    return found or list(_part_faults(text, key, dict(table), struct))


def _faults(text: str, table: Mapping[str, Any], struct: type, key: Key) -> Iterator[Fault]:
    fields = {field.name: field for field in msgspec.structs.fields(struct)}
    for name, value in table.items():
        line = line_of(text, (*key, name))
        if name not in fields:
            yield _unknown(line, name, list(fields))
        else:
            yield from _value_faults(text, (*key, name), value, fields[name].type)
    for name, field in fields.items():
        if field.required and name not in table:
            yield Fault(line_of(text, key), "toml.key_missing", {"key": name})


def _unknown(line: int, name: str, known: list[str]) -> Fault:
    near = get_close_matches(name, known, 1)
    if near:
        return Fault(line, "toml.key_near", {"key": name[:SHOWN_MAX], "near": near[0]})
    return Fault(line, "toml.key_unknown", {"key": name[:SHOWN_MAX], "known": ", ".join(known)})


def _value_faults(text: str, key: Key, value: Any, wanted: Any) -> Iterator[Fault]:
    """Why this value is not what its key wants; nothing when it is."""
    try:
        msgspec.convert(value, wanted)
        return
    except msgspec.ValidationError as error:
        reason = error
    kind = inspect.type_info(wanted)
    inner = _inner(kind)
    if isinstance(inner, type) and isinstance(value, dict):
        found = list(_faults(text, value, inner, key))
    elif isinstance(inner, type) and isinstance(value, list):
        found = [fault for at, part in enumerate(value) for fault in _part_faults(text, (*key, at), part, inner)]
    elif isinstance(kind, inspect.DictType) and isinstance(value, dict):
        found = [fault for name, part in value.items() for fault in _entry_faults(text, (*key, name), part, kind)]
    else:
        found = []
    yield from found or [_fault(text, key, value, kind, reason)]


def _part_faults(text: str, key: Key, part: Any, struct: type) -> Iterator[Fault]:
    try:
        msgspec.convert(part, struct)
    except msgspec.ValidationError as error:
        found = list(_faults(text, part, struct, key)) if isinstance(part, dict) else []
        yield from found or [_own_words(text, key, error)]


def _entry_faults(text: str, key: Key, value: Any, kind: inspect.DictType) -> Iterator[Fault]:
    """Of a table with free names, such as roles: a name with a point in it must be quoted, else it is a table."""
    line = line_of(text, key)
    if isinstance(value, dict) and not isinstance(kind.value_type, inspect.StructType):
        for inside in value:
            params = {"key": f"{key[-1]}.{inside}"[:SHOWN_MAX], "table": str(key[0])}
            yield Fault(line_of(text, (*key, inside)) or line, "toml.unquoted", {**params})
        return
    try:
        msgspec.convert(value, _python_type(kind.value_type))
    except msgspec.ValidationError as error:
        yield _fault(text, key, value, kind.value_type, error)


def _python_type(kind: inspect.Type) -> Any:
    """The type again that `inspect` has described, as far as tables of settings have them."""
    from typing import Annotated

    if isinstance(kind, inspect.IntType):
        return Annotated[int, msgspec.Meta(ge=kind.ge, le=kind.le)]
    return str if isinstance(kind, inspect.StrType) else Any


def _inner(kind: inspect.Type) -> Any:
    """The struct that a value is, or a list of; None for anything else."""
    if isinstance(kind, inspect.StructType):
        return kind.cls
    if isinstance(kind, inspect.VarTupleType | inspect.ListType) and isinstance(kind.item_type, inspect.StructType):
        return kind.item_type.cls
    return None


def _own_words(text: str, key: Key, error: msgspec.ValidationError) -> Fault:
    """What a struct itself refused: in its own words when it has a message id for them."""
    cause = error.__cause__
    code, params = getattr(cause, "code", ""), getattr(cause, "params", {})
    if code:
        line = line_of(text, (*key, getattr(cause, "field", ""))) or line_of(text, key)
        return Fault(line, code, dict(params))
    return Fault(line_of(text, key), "toml.refused", {"key": _said(key), "reason": str(cause or error)})


def _fault(text: str, key: Key, value: Any, kind: inspect.Type, error: msgspec.ValidationError) -> Fault:
    """A value that its type does not allow, with what it does."""
    line = line_of(text, key)
    params: dict[str, str | int] = {"key": _said(key), "value": _shown(value)}
    match kind:
        case inspect.LiteralType(values=values):
            known = ", ".join(_shown(value) for value in sorted(values, key=str))
            return Fault(line, "toml.choice", {**params, "known": known})
        case inspect.BoolType():
            return Fault(line, "toml.switch", params)
        case inspect.IntType(ge=int() as low, le=int() as high):
            return Fault(line, "toml.number", {**params, "low": low, "high": high})
        case inspect.IntType(ge=int() as low):
            return Fault(line, "toml.number_from", {**params, "low": low})
        case inspect.IntType():
            return Fault(line, "toml.whole_number", params)
        case inspect.StrType(max_length=int() as most, pattern=str()):
            return Fault(line, "toml.word", {**params, "most": most})
        case inspect.StrType(max_length=int() as most, min_length=least):
            return Fault(line, "toml.text_length", {**params, "least": least or 0, "most": most})
        case inspect.StrType(pattern=None):
            return Fault(line, "toml.text", params)
        case inspect.DictType():
            return Fault(line, "toml.table", params)
        case inspect.VarTupleType() | inspect.ListType():
            return Fault(line, "toml.list", params)
    return _own_words(text, key, error)


def _said(key: Key) -> str:
    """A key as it is written: a role in quotation marks."""
    words = (f'"{part}"' if "." in str(part) else str(part) for part in key if not isinstance(part, int))
    return ".".join(words)[:SHOWN_MAX]


def _shown(value: Any) -> str:
    """A value as it is written in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else "{…}" if isinstance(value, dict) else str(value)
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return shown if len(shown) <= SHOWN_MAX else shown[: SHOWN_MAX - 1] + "…"


# --- lines ----------------------------------------------------------------------------------------------------------


def line_of(text: str, key: Key) -> int:
    """The line, counted from 1, on which a key of a file stands, or the table that it is; 0 when it is not found."""
    for line, place in _places(text):
        if place[: len(key)] == key:
            return line
    return 0


def _places(text: str) -> Iterator[tuple[int, Key]]:
    """Each line that names a key, with the whole way to it."""
    table: Key = ()
    counts: dict[Key, int] = {}
    for line, written in enumerate(text.splitlines(), 1):
        if written.lstrip().startswith("["):
            names = _way(written)
            if names:
                table = _within(names, counts)
                if written.lstrip().startswith("[["):
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                yield line, table
        elif names := _name(written):
            yield line, (*table, *names)


def _within(names: Key, counts: Mapping[Key, int]) -> Key:
    """A table inside lists of tables is in their newest."""
    key: Key = ()
    for number, name in enumerate(names, 1):
        key = (*key, name)
        if number < len(names) and key in counts:
            key = (*key, counts[key])
    return key


def _name(written: str) -> Key:
    """The key before the first = that stands in no quotation marks."""
    at = written.find("=")
    while at >= 0:
        if key := _way(written[:at] + "= 0"):
            return key
        at = written.find("=", at + 1)
    return ()


def _way(line: str) -> Key:
    """The names that one line of TOML leads through; () when it is none."""
    try:
        value: Any = tomllib.loads(line)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ()
    key: Key = ()
    while isinstance(value, dict | list) and value:
        if isinstance(value, list):
            value = value[0]
        else:
            name, value = next(iter(value.items()))
            key = (*key, name)
    return key
