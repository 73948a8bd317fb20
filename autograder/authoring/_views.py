"""Find the texts inside a text: escaped, marked up, encoded, compressed, or inside JSON.

Nothing here is executed or unpickled, and the size of everything unpacked is limited.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
import zlib
from base64 import b64decode
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from autograder.untrusted import IGNORABLE

_MAX_UNPACKED: Final = 16 * 2**20
_MAX_DEPTH: Final = 3  # of encodings inside encodings

# NUL as well, which is between the letters of UTF-16 and UTF-32. The rest is white space or invisible.
_IGNORED: Final = re.compile(rf"[\s\\\x00-\x1f\x7f{IGNORABLE}]+")
_ANSI: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_TAG: Final = re.compile(r"<[^<>]*>")
# Possessive (``++``), so without backtracking: otherwise the time grows with the square of the size.
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{40,}+")
_WRAPPED_BASE64: Final = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{40,}+(?:\s++[A-Za-z0-9+/_-]{4,}+)++"
)
_COMPRESSED: Final = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_PRINTABLE: Final = re.compile(rb"[\t\n\r\x20-\x7e]{12,}")
_URLSAFE: Final = str.maketrans("-_", "+/")


class UncheckableError(Exception):
    """Some content cannot be read in full, so it cannot be checked for leaks."""


def squeeze(text: str) -> str:
    """Return ``text`` without everything that layout and quoting can change.

    White space, invisible characters and backslashes (of escapes and continued lines) are removed. Single
    quotes become double quotes. Compatible forms of a letter become one (Unicode NFKC).
    """
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text)).replace("'", '"')


def views(text: str) -> Iterator[str]:
    """Yield ``text`` as a reader may see it: plain, rendered from HTML, and with percent escapes resolved.

    Line breaks are kept, so that a line number in a view is the line number in the text.
    """
    plain = _ANSI.sub("", text)
    yield plain
    if "<" in text or "&" in text:
        yield html.unescape(_TAG.sub(lambda tag: "\n" * tag[0].count("\n"), plain))
    if "%" in text:
        yield unquote(plain)


def encoded_texts(text: str, depth: int = _MAX_DEPTH) -> Iterator[str]:
    """Yield the texts that ``text`` contains in base64, compressed or not, and nested.

    Args:
        text: any text.
        depth: how many nested encodings to decode.
    """
    if depth == 0:
        return
    for pattern in (_BASE64, _WRAPPED_BASE64):
        for run in pattern.finditer(text):
            for data in _decodings("".join(run[0].split())):
                yield from texts_in_bytes(data, depth - 1)


def _decodings(run: str) -> Iterator[bytes]:
    """Yield the possible decodings of a base64 run: up to three letters may precede it."""
    run = run.translate(_URLSAFE)
    for start in range(4):
        length = len(run) - start
        digits = run[start:-1] if length % 4 == 1 else run[start:]  # a single digit holds no whole byte
        yield b64decode(digits + "=" * (-len(digits) % 4))


def texts_in_bytes(data: bytes, depth: int = _MAX_DEPTH) -> Iterator[str]:
    """Yield the texts in ``data``: itself if it is UTF-8, else its printable runs; compressed texts, too.

    Args:
        data: a file or a decoded payload of any format.
        depth: how many further nested encodings to decode.

    Raises:
        UncheckableError: the unpacked data exceeds the limit of 16 MiB.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        runs = _PRINTABLE.findall(data.replace(b"\0", b""))
        text = "\n".join(run.decode("ascii") for run in runs)
    yield text
    yield from encoded_texts(text, depth)
    if depth:
        for inner in _decompressed(data):
            yield from texts_in_bytes(inner, depth - 1)


def _decompressed(data: bytes) -> Iterator[bytes]:
    """Yield each zlib or gzip stream that begins anywhere in ``data``."""
    budget = _MAX_UNPACKED
    for start in _COMPRESSED.finditer(data):
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: tell gzip from zlib by the header
        try:
            inner = stream.decompress(memoryview(data)[start.start() :], budget)
        except zlib.error:
            continue
        budget -= len(inner)
        if budget <= 0:
            raise UncheckableError(f"it unpacks to more than {_MAX_UNPACKED // 2**20} MiB")
        yield inner


def read_json(text: str) -> Any:
    """Read a JSON document strictly.

    Raises:
        UncheckableError: the text is not JSON, is nested too deeply, or has a key twice, which readers
            handle differently.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise UncheckableError(str(error)) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("an object names a key twice")
    return table


def strings(value: Any, depth: int = _MAX_DEPTH) -> Iterator[str]:
    """Yield every string in a JSON value, keys included, and the strings of JSON inside a string.

    A list of strings counts as one text, because notebooks store texts as lists of lines.
    """
    if isinstance(value, str):
        yield value
        yield from _strings_of_nested_json(value, depth)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item, depth)
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield from strings("".join(value), depth)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, depth)


def _strings_of_nested_json(text: str, depth: int) -> Iterator[str]:
    if depth and text.lstrip()[:1] in {"{", "[", '"'}:
        try:
            value = read_json(text)
        except UncheckableError:
            return  # not JSON; the text itself has been yielded already
        yield from strings(value, depth - 1)
