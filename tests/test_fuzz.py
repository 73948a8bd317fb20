"""Random input for everything that reads what students or their code may forge: a clean refusal, or a value.

Each test runs twice: with some hundred examples always, and with thousands under the marker ``fuzz``: 10,000
and more for each of intake, the wire and configurations. What became of them is counted, since a fuzz whose
every example fails at the first byte would prove nothing.
"""

from __future__ import annotations

import itertools
import re
import shutil
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hostile_packing as hostile
import pytest
from harmless import assert_harmless_model, assert_harmless_value, assert_same, raw
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from strategies import JSON, arrays, damaged, damages, json_values, models, tables, values

from autograder.homework import Homework
from autograder.models.config import RefusedModel, validate_model
from autograder.sandbox.wire import PREFIX, MessageBuffer, WireError, decode, encode
from autograder.submission import (
    MAX_FILE,
    Entry,
    RejectedSubmission,
    UnclearSubmission,
    find_submissions,
    read_submission,
)

SECONDS = 5  # of this process for one example; the slowest takes a tenth of one
MEGABYTES = 20  # of memory that it takes, beside the example itself

QUICK = 200
BATCH = 1000


def examples(count: int) -> pytest.MarkDecorator:
    """Run a test with a few examples always, and with ``count`` under the marker."""
    sizes = [pytest.param(QUICK, id="quick"), pytest.param(count, id="all", marks=pytest.mark.fuzz)]
    return pytest.mark.parametrize("count", sizes)


def outcomes(count: int, inputs: st.SearchStrategy[Any], attempt: Callable[[Any], str]) -> Counter[str]:
    """Return how often ``attempt`` ended how."""
    seen: Counter[str] = Counter()
    quick = count == QUICK
    for start in range(
        0, count, BATCH
    ):  # Hypothesis remembers every example of a run, some of them megabytes

        @seed(start)
        @settings(
            max_examples=min(BATCH, count - start),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(inputs)
        def each(given_input: Any) -> None:
            with costing_little(measure_memory=quick):
                seen[attempt(given_input)] += 1

        each()
    return seen


@contextmanager
def costing_little(*, measure_memory: bool) -> Iterator[None]:
    """Limit what one example takes; looking at its memory makes it several times slower."""
    started = time.process_time()
    if measure_memory:
        tracemalloc.start()
    try:
        yield
        assert time.process_time() - started < SECONDS
        assert not measure_memory or tracemalloc.get_traced_memory()[1] < MEGABYTES << 20
    finally:
        tracemalloc.stop()


def assert_every_stage_is_reached(seen: Counter[str], count: int, percent: Mapping[str, float]) -> None:
    """State how many examples at least ended how; ``percent`` is of all, and the quick run proves less."""
    print(count, dict(seen.most_common()))  # noqa: T201 - shown with ``pytest -rP``
    assert seen.total() >= count
    if count == QUICK:
        assert len(seen) > 2
    else:
        assert not {name: seen[name] for name, least in percent.items() if seen[name] < least * count / 100}


# Intake

REFUSALS = {
    "damaged": r" is not a readable archive: ",
    "climbs": r" lies outside the archive's own folder\. ",
    "missing": r"Expected a file named cnn\.py\. Received: ",
    "twice": r"The archive holds cnn\.py \d times\. Keep one of them\.",
    "no file": r" is (a|not a) .*\. (Hand in|Pack) the (file|folder) itself\.",
    "large": r" is [\d,]+ bytes large; at most ",
    "no text": r"cnn\.py is (not UTF-8|not a Python|saved as)",
    "packing": r"(protected by a password|packed by an unusual method)",
    "too many": r"has too many entries",
}


class Intake:
    """Writes one submission after another into a folder, and tells what intake made of it."""

    def __init__(self, folder: Path, homework: Homework) -> None:
        self._folders = (folder / str(number) for number in itertools.count())
        self._homework = homework

    def archive(self, ending: str, content: bytes) -> str:
        folder = next(self._folders)
        folder.mkdir()
        (folder / f"ada{ending}").write_bytes(content)
        return self._outcome(folder, content, None)

    def folder(self, case: hostile.FolderCase) -> str:
        folder = next(self._folders)
        folder.mkdir()
        name = {"pipe": "ada.zip", "file": "ada.zip"}.get(case[2], "ada")
        hostile.write_folder(folder / name, case)
        return self._outcome(folder, b"", hostile.written_texts(case))

    def _outcome(self, folder: Path, content: bytes, texts: set[bytes] | None) -> str:
        [entry] = find_submissions(folder)
        try:
            return self._read(entry, texts)
        except RejectedSubmission as error:
            return self._refused(str(error), REFUSALS)
        except UnclearSubmission as error:
            told = self._refused(
                str(error), {"names": "is one file with 2 names", "system": "cannot be read"}
            )
            return f"staff: {told}"
        finally:
            shutil.rmtree(folder)

    def _read(self, entry: Entry, texts: set[bytes] | None) -> str:
        submission = read_submission(entry, self._homework)
        assert submission.student == "ada"
        assert submission.files
        assert {*submission.files, *submission.missing} == set(self._homework.files)
        for text in submission.files.values():
            assert len(text.encode()) <= MAX_FILE
            assert "\0" not in text
            assert texts is None or {text.encode(), b"\xef\xbb\xbf" + text.encode()} & texts
        assert re.fullmatch("sha256:[0-9a-f]{64}", submission.digest)
        assert read_submission(entry, self._homework) == submission
        return "read"

    def _refused(self, told: str, known: dict[str, str]) -> str:
        assert told.replace("\u3000", " ").isprintable()  # that one is as wide as a letter
        assert len(told) < 1500
        [outcome] = [name for name, words in known.items() if re.search(words, told)][:1] or [told]
        assert outcome in known, told
        return outcome


@examples(4_000)
def test_any_zip_is_read_or_refused(tmp_path: Path, homework: Homework, count: int) -> None:
    intake = Intake(tmp_path, homework)
    seen = outcomes(count, hostile.zips, lambda content: intake.archive(".zip", content))
    percent = {"read": 10, "damaged": 5, "climbs": 1, "missing": 2, "no file": 0.5, "large": 1, "no text": 2}
    assert_every_stage_is_reached(seen, count, percent | {"packing": 0.5, "twice": 0.5})


@examples(4_000)
def test_any_tar_is_read_or_refused(tmp_path: Path, homework: Homework, count: int) -> None:
    intake = Intake(tmp_path, homework)
    seen = outcomes(count, hostile.tars, lambda content: intake.archive(".tar.gz", content))
    percent = {"read": 10, "damaged": 5, "climbs": 1, "missing": 2, "no file": 0.2, "large": 1, "no text": 2}
    assert_every_stage_is_reached(seen, count, percent | {"twice": 0.2})


@examples(3_000)
def test_any_folder_is_read_or_refused(tmp_path: Path, homework: Homework, count: int) -> None:
    intake = Intake(tmp_path, homework)
    seen = outcomes(count, hostile.folders, intake.folder)
    percent = {"read": 10, "missing": 5, "no file": 1, "large": 0.5, "no text": 2}
    assert_every_stage_is_reached(seen, count, percent)


# The wire

rows = st.lists(arrays, max_size=3)


def forged(tree: Any, frames: list[Any], table: Any, payload: bytes) -> bytes:
    """Return a message with a header of any form; its frames are real ones unless there is a table."""
    if table is not None:
        return raw(tree, table, payload)
    real = [[array.dtype.str, list(array.shape)] for array in frames]
    trees = [tree, *({"$array": place} for place in range(len(frames)))]
    return raw(trees, real, b"".join(array.tobytes() for array in frames))


def mended(message: bytes) -> bytes:
    """Return a damaged message with a prefix that fits, so that more than its length is looked at."""
    header = PREFIX.unpack_from(message)[0] if len(message) >= PREFIX.size else 0
    rest = message[PREFIX.size :]
    header = min(header, len(rest))
    return PREFIX.pack(header, len(rest) - header) + rest


encoded = values.map(encode)
messages = (
    encoded
    | st.builds(damaged, encoded, damages)
    | st.builds(damaged, encoded, damages).map(mended)
    | st.builds(
        forged, json_values, rows, st.none() | st.none() | json_values | tables, st.binary(max_size=40)
    )
    | st.binary(max_size=100)
)


def arrives(message: bytes) -> str:
    """Decode one message."""
    try:
        value = decode(message)
    except WireError as error:
        told = str(error)
        assert told.isprintable()
        assert len(told) < 200
        return re.sub(r"\d+|\(.*", "…", told)
    assert_harmless_value(value)
    assert_same(decode(encode(value)), value)
    return "decoded"


@examples(10_000)
def test_whatever_arrives_is_a_value_or_refused(count: int) -> None:
    seen = outcomes(count, messages, arrives)
    percent = {
        "decoded": 20,
        "a message of … bytes": 1,
        "a message whose length is not the one it announced": 5,
        "a header that is not JSON": 5,
        "a header without value and frames": 0.1,
        "a table of frames that is not a list": 0.5,
        "a frame of unknown type or shape": 0.5,
        "a frame beyond the end of its message": 0.1,
        "a message with bytes that no frame owns": 0.5,
        "a value of unknown form": 0.5,
        "a value of unknown form …": 0.5,
        "text that is not Unicode": 0.2,
    }
    assert_every_stage_is_reached(seen, count, percent)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """Cut a stream into chunks."""
    ends = sorted(place % (len(stream) + 1) for place in places)
    return [stream[begin:end] for begin, end in zip([0, *ends], [*ends, len(stream)], strict=True)]


streams = st.tuples(
    st.lists(encoded, max_size=4).map(b"".join)
    | st.builds(damaged, st.lists(encoded, max_size=4).map(b"".join), damages)
    | st.binary(max_size=60),
    st.lists(st.integers(0, 2000), max_size=8),
)


def streamed(case: tuple[bytes, list[int]]) -> str:
    """Cut a stream into messages, however it comes."""
    stream, places = case
    buffer = MessageBuffer()
    received: list[bytes] = []
    try:
        for chunk in cut(stream, places):
            received += buffer.feed(chunk)
    except WireError as error:
        assert stream.startswith(b"".join(received))
        return str(error)
    assert stream.startswith(b"".join(received))
    assert received == list(MessageBuffer().feed(stream))
    for message in received:
        arrives(message)
    return "all of it" if sum(map(len, received)) == len(stream) else "the rest is waited for"


@examples(2_000)
def test_any_stream_is_cut_or_refused(count: int) -> None:
    """It is cut into messages."""
    seen = outcomes(count, streams, streamed)
    percent = {
        "all of it": 20,
        "the rest is waited for": 5,
        "a message that announces more than is allowed": 5,
    }
    assert_every_stage_is_reached(seen, count, percent)


# Configurations of models

DEPTHS = {
    "no model": "The model: |Expected a model built with",
    "structure": "expected an object as Keras|to wrap|inside one another|layers in all|of its own|InputLayer",
    "unknown shape": "knows the shape of its input",
    "class": "^Layer .* is a ",
    "name": "expected the name of",
    "graph": "its call|its inputs|_nodes|an input or output|in a circle|put_layers|kwargs|calls of",
    "option": "^(Layer|Model) .* expected ",
}


claims = st.integers(0, 9).flatmap(lambda dice: JSON if dice == 7 else models)


def validated(untrusted: Any) -> str:
    """Validate one configuration."""
    try:
        config = validate_model(untrusted)
    except RefusedModel as error:
        told = str(error)
        assert told.isprintable()
        assert len(told) < 1500
        return next(depth for depth, words in DEPTHS.items() if re.search(words, told))
    assert_harmless_model(config)
    return f"accepted {config.kind}"


@examples(10_000)
def test_any_model_is_rewritten_or_refused(count: int) -> None:
    """The configuration may claim anything."""
    seen = outcomes(count, claims, validated)
    percent = {"accepted Sequential": 10, "accepted Functional": 3, "no model": 3, "structure": 2, "class": 2}
    assert_every_stage_is_reached(seen, count, percent | {"name": 0.5, "graph": 2, "option": 5})
