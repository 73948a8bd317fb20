"""Looking for solutions and hidden checks in what is about to be released."""

import base64
import gzip
import html
import io
import json
import os
import pickle
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inline_snapshot import snapshot
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from autograder.authoring.leaks import find_leaks, find_leaks_in_page
from autograder.authoring.stubs import cut_stub
from autograder.homework import HomeworkError, SolvedHomework, load_homework

REFERENCE = '''\
"""Recurrent networks."""

import numpy as np


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    """Return the next state."""
    hidden = h.shape[-1]
    ### BEGIN SOLUTION
    import math

    # the four gates stand beside each other
    z = x @ kernel + h @ recurrent_kernel + bias
    i, f, g, o = np.split(z, 4, axis=-1)
    hidden = h.shape[-1]
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)  # what is kept, and what is new
    return sigmoid(o) * np.tanh(c), c
    ### END SOLUTION


def sigmoid(x):
    ### BEGIN SOLUTION
    e = exp(-x)
    d = 1 + e
    return 1 / d
    ### END SOLUTION
'''
LINE = "z = x @ kernel + h @ recurrent_kernel + bias"
HIDDEN_LINE = "assert np.allclose(step(seed=981), expected[2], atol=1e-5)"
HIDDEN = f"def test_step(step):\n    given = np.ones((2, 3, 4)) * 0.5\n    {HIDDEN_LINE}\n"
PUBLIC = "def test_step(step):\n    given = np.ones((2, 3, 4)) * 0.5\n    assert step(given)\n"
MANIFEST = """\
name = "rnn"
title = "Recurrent networks"
dataset = "digits"
max_score = 4
files = ["rnn.py"]
checks = ["step"]
"""


@pytest.fixture
def homework(tmp_path: Path) -> SolvedHomework:
    folder = tmp_path / "assignments" / "rnn"
    solution = tmp_path / "solutions" / "rnn"
    write(folder / "homework.toml", MANIFEST)
    write(folder / "README.md", "# Recurrent networks\n\nFill in `rnn.py`.\n")
    write(folder / "rnn.py", cut_stub(REFERENCE, "rnn.py"))
    write(folder / "test_public.py", PUBLIC)
    write(solution / "rnn.py", REFERENCE)
    write(solution / "test_hidden.py", HIDDEN)
    return SolvedHomework.of(load_homework(folder), solution)


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def solution(homework: SolvedHomework) -> Path:
    return homework.solution


def found(homework: SolvedHomework) -> list[tuple[str, str, str]]:
    """Return the findings, briefly."""
    return [(leak.path.name, leak.where, leak.excerpt) for leak in find_leaks(homework)]


def reasons(homework: SolvedHomework) -> list[str]:
    return [f"{leak.path.name}: {leak.why}" for leak in find_leaks(homework)]


def notebook(*cells: Any, **top: Any) -> str:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | top)


def code_cell(source: str | list[str] = "", **parts: Any) -> dict[str, Any]:
    return {"cell_type": "code", "id": "a1", "metadata": {}, "source": source, "outputs": []} | parts


def test_a_clean_folder_has_no_leaks(homework: SolvedHomework) -> None:
    write(homework.folder / "rnn.ipynb", notebook(code_cell("import rnn\n")))
    write(homework.folder / "pictures" / "cell.svg", "<svg><text>c = f c + i g</text></svg>")
    assert find_leaks(homework) == []


def test_every_line_of_a_solution_is_found(homework: SolvedHomework) -> None:
    write(homework.folder / "rnn.py", REFERENCE)
    assert found(homework) == snapshot(
        [
            ("rnn.py", "line 9", "BEGIN SOLUTION"),
            ("rnn.py", "line 12", "the four gates stand beside each other"),
            ("rnn.py", "line 13", "z = x @ kernel + h @ recurrent_kernel + bias"),
            ("rnn.py", "line 14", "i, f, g, o = np.split(z, 4, axis=-1)"),
            ("rnn.py", "line 16", "c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)"),
            ("rnn.py", "line 16", "what is kept, and what is new"),
            ("rnn.py", "line 17", "return sigmoid(o) * np.tanh(c), c"),
            ("rnn.py", "line 18", "END SOLUTION"),
            ("rnn.py", "line 23", "e = exp(-x) d = 1 + e return 1 / d"),
        ]
    )


def test_a_leak_says_where_its_source_stands(homework: SolvedHomework) -> None:
    write(homework.folder / "notes.md", f"Hello\n\n    {LINE}\n")
    (leak,) = find_leaks(homework)
    assert leak.path == homework.folder / "notes.md"
    assert (leak.where, leak.why) == snapshot(
        ("line 3", "the same stands in rnn.py, line 13, which is not released")
    )


@pytest.mark.parametrize(
    "released",
    [
        f"        {LINE}",
        LINE.replace(" ", ""),
        f"{LINE}  # easy",
        f"if True: {LINE}; print(z)",
        LINE.replace(" + ", " \\\n    + "),
        LINE.replace("@", "\t@\u200b"),
        f"a = '''{LINE}'''",
        "z = x \x1b[38;5;241m@\x1b[39m kernel + h @ recurrent_kernel + bias",
        "<pre><span>z</span> = x @ kernel <b>+</b> h @ recurrent_kernel &#43; bias</pre>",
        "data:text/plain,z%20%3D%20x%20%40%20kernel%20+%20h%20%40%20recurrent_kernel%20+%20bias",
        LINE.replace("z", "\N{FULLWIDTH LATIN SMALL LETTER Z}"),
    ],
)
def test_layout_and_escapes_hide_nothing(homework: SolvedHomework, released: str) -> None:
    write(homework.folder / "notes.md", f"# Notes\n{released}\n")
    assert found(homework) == [("notes.md", "line 2", LINE)]


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("h = o * np.tanh(c)", True),
        ("h=o*t(c)", False),  # 8 characters
        ("c = f*c+i*g + h", False),  # 11
        ("c = f*c+i*g + hh", True),  # 12
        ("x = layers.Dense(10)(x)", False),  # x, layers.Dense, 10
        ("x = layers.Dense(10, activation)(x)", True),
        ("return model", False),
        ("model = keras.Sequential(", False),
        ("model = keras.Sequential([", False),
        ("model = keras.Sequential(layers, name='classifier')", True),
        ("for epoch in range(epochs):", False),
        ("with tf.GradientTape() as tape:", False),
        ("rng = np.random.default_rng(seed)", False),
        ("discriminator.trainable = True", False),
        ("self.value = self.value", False),
        ("# the loss is small", False),  # 4 words
        ("# the loss is small at the end", True),
        ("# a b c d e", False),  # 5 characters
        ("import keras, numpy, scipy, sklearn", False),
    ],
)
def test_only_lines_that_say_something_count(homework: SolvedHomework, line: str, counts: bool) -> None:
    # In a string assigned to a name, so that half a statement can stand there as well.
    quoted = f'text = """\n    {line}\n    """' if line.endswith((":", "(", "[")) else f"{line}\n    pass"
    reference = f"def f(x):\n    ### BEGIN SOLUTION\n    {quoted}\n    ### END SOLUTION\n"
    write(solution(homework) / "rnn.py", reference)
    write(homework.folder / "rnn.py", cut_stub(reference, "rnn.py"))
    write(homework.folder / "notes.md", line)
    assert bool(find_leaks(homework)) == counts


def test_short_lines_count_together(homework: SolvedHomework) -> None:
    write(homework.folder / "notes.md", "e = exp(-x)\nd = 1 + e\n")
    assert find_leaks(homework) == []
    write(homework.folder / "notes.md", "Like so:\ne = exp(-x)\nd = 1 + e\nreturn 1 / d\n")
    assert found(homework) == [("notes.md", "line 2", "e = exp(-x) d = 1 + e return 1 / d")]


def test_a_line_of_the_stub_may_stand_anywhere(homework: SolvedHomework) -> None:
    shown = "shape = (batch, time, features, 1)"
    reference = REFERENCE.replace("    hidden = h.shape[-1]\n", f"    {shown}\n")
    write(solution(homework) / "rnn.py", reference)
    write(homework.folder / "rnn.py", cut_stub(reference, "rnn.py"))
    write(homework.folder / "notes.md", shown)
    assert find_leaks(homework) == []


def test_a_solution_in_a_comment_is_found(homework: SolvedHomework) -> None:
    reference = REFERENCE.replace("    hidden = h.shape[-1]\n", f"    # {LINE}\n", 1)
    write(solution(homework) / "rnn.py", reference)
    write(homework.folder / "rnn.py", cut_stub(reference, "rnn.py"))
    assert found(homework) == [("rnn.py", "line 8", LINE)]


def test_lines_of_hidden_checks_are_secret(homework: SolvedHomework) -> None:
    """A line that the public checks contain, too, may be released."""
    write(homework.folder / "notes.md", f"given = np.ones((2, 3, 4)) * 0.5\n{HIDDEN_LINE}\n")
    assert found(homework) == [("notes.md", "line 2", HIDDEN_LINE)]


def test_wheats_are_secret_and_chaffs_are_not(homework: SolvedHomework) -> None:
    line = "z = np.concatenate([x, h], axis=1) @ both"
    write(solution(homework) / "wheat" / "joined.py", REFERENCE.replace(LINE, line).replace("SOLUTION", ""))
    write(solution(homework) / "chaff" / "joined.py", f"{line.replace('axis=1', 'axis=0')}\n")
    write(homework.folder / "notes.md", f"{line}\n{line.replace('axis=1', 'axis=0')}\n")
    assert found(homework) == [("notes.md", "line 1", line)]


def test_headers_and_docstrings_may_be_quoted(homework: SolvedHomework) -> None:
    """This holds for the imports of a wheat, too."""
    header = "def lstm_step(\n    x, h, c, kernel, recurrent_kernel, bias, units=3\n):"
    doc = '"""Return the state after one step of the network, h and c."""'
    write(
        solution(homework) / "wheat" / "one.py",
        f"from a import b, c, d, e\n{header}\n    {doc}\n    return x\n",
    )
    write(homework.folder / "notes.md", f"{header}\n{doc}\nfrom a import b, c, d, e\n")
    assert find_leaks(homework) == []


@pytest.mark.parametrize(
    "marker", ["### BEGIN SOLUTION", "# END SOLUTION", "BEGIN HIDDEN TESTS", "END  HIDDEN\tTESTS"]
)
def test_markers_are_caught(homework: SolvedHomework, marker: str) -> None:
    write(homework.folder / "rnn.ipynb", notebook(code_cell(f"{marker}\n")))
    assert [leak.where for leak in find_leaks(homework)] == ["cell 1 source"]


PNG = io.BytesIO()
Image.new("L", (2, 2)).save(PNG, "png")


@pytest.mark.parametrize(
    ("where", "document"),
    [
        ("cell 2 source", notebook(code_cell(), code_cell(["def f():\n", f"    {LINE}\n"]))),
        ("cell 1 output", notebook(code_cell(outputs=[{"output_type": "stream", "text": [f"{LINE}\n"]}]))),
        ("cell 1 output", notebook(code_cell(outputs=[{"data": {"text/html": f"<b>{LINE}</b>"}}]))),
        ("cell 1 output", notebook(code_cell(outputs=[{"data": {"application/json": {"a": {LINE: 1}}}}]))),
        ("cell 1 output", notebook(code_cell(outputs=[{"traceback": [f"\x1b[0;32m---> 3\x1b[0m {LINE}"]}]))),
        ("cell 1 metadata", notebook(code_cell(metadata={"solution": LINE}))),
        ("cell 1 attachment", notebook(code_cell(attachments={"a.txt": {"text/plain": LINE}}))),
        ("cell 1 id", notebook(code_cell(id=LINE))),
        ("cell 1 extra", notebook(code_cell(extra=[[LINE]]))),
        ("cell 1 content", notebook(LINE)),
        ("metadata", notebook(metadata={"widgets": {"state": json.dumps({"code": LINE})}})),
        ("worksheets", notebook(worksheets=[{"cells": [{"input": LINE}]}])),
    ],
)
def test_every_part_of_a_notebook_is_read(homework: SolvedHomework, where: str, document: str) -> None:
    write(homework.folder / "rnn.ipynb", document)
    assert found(homework) == [("rnn.ipynb", where, LINE)]


@pytest.mark.parametrize(
    "payload",
    [
        f"import numpy\n{LINE}\n".encode(),
        zlib.compress(f"import numpy\n{LINE}\n".encode()),
        gzip.compress(f"import numpy\n{LINE}\n".encode()),
        pickle.dumps({"code": LINE}),
        pickle.dumps(zlib.compress(LINE.encode())),
        base64.b64encode(zlib.compress(f"import numpy\n{LINE}\n".encode())),
        f"import numpy\n{LINE}\n".encode("utf-16"),
    ],
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_encoded_payloads_are_unpacked(
    homework: SolvedHomework, payload: bytes, encode: Callable[[bytes], bytes]
) -> None:
    text = encode(payload).decode()
    write(homework.folder / "notes.md", f"Nothing to see here\n<img src='data:text/plain;base64,{text}'>\n")
    write(homework.folder / "rnn.ipynb", notebook(code_cell(outputs=[{"data": {"image/png": text}}])))
    assert found(homework) == [
        ("notes.md", "encoded data", LINE),
        ("rnn.ipynb", "cell 1 output (encoded)", LINE),
    ]


def test_base64_that_letters_run_into_is_unpacked(homework: SolvedHomework) -> None:
    for lead in ("", "a", "ab", "abc"):
        write(homework.folder / "notes.md", lead + base64.b64encode(f"{LINE}\n".encode()).decode())
        assert found(homework) == [("notes.md", "encoded data", LINE)]


def test_large_pictures_do_not_take_forever(homework: SolvedHomework) -> None:
    noise = np.random.default_rng(0).bytes(2**19)
    outputs = [
        {"data": {"image/png": encode(noise).decode()}} for encode in (base64.b64encode, base64.encodebytes)
    ]
    write(homework.folder / "rnn.ipynb", notebook(code_cell(outputs=outputs)))
    assert find_leaks(homework) == []


def test_images_are_read_too(homework: SolvedHomework) -> None:
    info = PngInfo()
    info.add_text("Comment", LINE, zip=True)
    Image.new("L", (4, 4)).save(homework.folder / "net.png", pnginfo=info)
    assert found(homework) == [("net.png", "image data", LINE)]


def test_released_arrays_hold_only_numbers(homework: SolvedHomework) -> None:
    """A released text has to name the array file, too."""
    np.savez_compressed(homework.folder / "waves.npz", x=np.arange(100.0), y=np.zeros((9, 9)))
    assert reasons(homework) == snapshot(
        ["waves.npz: an array file that no released text names must not be released"]
    )
    write(homework.folder / "README.md", "Load `waves.npz`.\n")
    assert find_leaks(homework) == []
    np.savez_compressed(homework.folder / "waves.npz", x=np.array([LINE]))
    assert found(homework) == [("waves.npz", "array x.npy", LINE)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("waves.npz", b"PK\x03\x04nonsense"),
        ("model.keras", b"PK\x03\x04\0\0"),
        ("rnn.ipynb", b'{"cells": ['),
        ("rnn.ipynb", b"[]"),
        ("rnn.ipynb", b'{"cells": [], "cells": []}'),
        ("rnn.ipynb", b"[" * 100_000),
        ("data.json", b"{"),
        ("net.png", b"GIF89a"),
        ("notes.txt", b"caf\xe9"),
        ("notes.txt", b"a\0b"),
    ],
)
def test_what_cannot_be_read_is_a_finding(homework: SolvedHomework, name: str, content: bytes) -> None:
    write(homework.folder / "README.md", "Load `waves.npz`.\n")
    write(homework.folder / name, content)
    assert ["cannot be checked" in reason for reason in reasons(homework)] == [True]


def test_arrays_with_pickled_objects_are_reported(homework: SolvedHomework) -> None:
    np.savez(homework.folder / "README.npz", x=np.array([{}], dtype=object))
    assert any("without pickled objects" in reason for reason in reasons(homework))


def test_files_too_large_to_check_are_reported(homework: SolvedHomework) -> None:
    """This includes a small file that unpacks to a large one."""
    write(homework.folder / "large.txt", b" " * (32 * 2**20 + 1))
    write(homework.folder / "bomb.txt", base64.b64encode(zlib.compress(bytes(20 * 2**20), 9)))
    assert reasons(homework) == snapshot(
        [
            "bomb.txt: cannot be checked: it unpacks to more than 16 MiB",
            "large.txt: cannot be checked: it has more than 32 MiB",
        ]
    )


def test_unreadable_files_are_findings(homework: SolvedHomework, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def refuse(self: Path, *arguments: Any, **named: Any) -> Any:
        if homework.folder in self.parents:
            raise PermissionError(13, "Permission denied")
        return opened(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    assert reasons(homework) == snapshot(
        [
            "README.md: cannot be checked: [Errno 13] Permission denied",
            "homework.toml: cannot be checked: [Errno 13] Permission denied",
            "rnn.py: cannot be checked: [Errno 13] Permission denied",
            "test_public.py: cannot be checked: [Errno 13] Permission denied",
        ]
    )


def test_a_missing_folder_is_a_finding(homework: SolvedHomework) -> None:
    homework.folder.rename(homework.folder.with_name("moved"))
    assert reasons(homework) == snapshot(["rnn: cannot be checked: No such file or directory"])


def test_files_that_are_never_released(homework: SolvedHomework) -> None:
    refused = [
        "#rnn.py#",
        ".ipynb_checkpoints/rnn.ipynb",
        ".rnn.py.swp",
        "__pycache__/rnn.cpython-311.pyc",
        "calibration.json",
        "chaff/rnn.py",
        "gradebook.db",
        "rnn.py.orig",
        "rnn.pyc",
        "rnn.py~",
        "sub/wheat/rnn.py",
        "test_hidden.py",
    ]
    for name in refused:
        write(homework.folder / name, "x\n")
    assert reasons(homework) == snapshot(
        [
            "#rnn.py#: an editor's copy must not be released",
            ".ipynb_checkpoints: an editor's copy must not be released",
            ".rnn.py.swp: an editor's copy must not be released",
            "__pycache__: compiled Python must not be released",
            "calibration.json: a calibration must not be released",
            "chaff: a folder of wrong solutions must not be released",
            "gradebook.db: a database must not be released",
            "rnn.py.orig: an editor's copy must not be released",
            "rnn.pyc: compiled Python must not be released",
            "rnn.py~: an editor's copy must not be released",
            "wheat: a folder of solutions must not be released",
            "test_hidden.py: a hidden check must not be released",
        ]
    )


def test_links_and_pipes_are_reported(homework: SolvedHomework, tmp_path: Path) -> None:
    """The search follows no link."""
    (homework.folder / "data").symlink_to(tmp_path)
    (homework.folder / "rnn2.py").symlink_to(solution(homework) / "rnn.py")
    (homework.folder / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(homework.folder / "pipe")
    assert reasons(homework) == snapshot(
        [
            "data: a symbolic link must not be released",
            "gone: a symbolic link must not be released",
            "pipe: what is not a regular file must not be released",
            "rnn2.py: a symbolic link must not be released",
        ]
    )


def test_an_unusable_reference_is_reported(homework: SolvedHomework) -> None:
    """No stub can be cut from it, so nothing can be compared with it."""
    write(solution(homework) / "rnn.py", "def f():\n    return 1\n")
    (reason,) = reasons(homework)
    assert reason.startswith("rnn.py: cannot be compared with: rnn.py, line 1: no solution region.")


def test_a_missing_reference_is_a_finding(homework: SolvedHomework) -> None:
    (solution(homework) / "rnn.py").unlink()
    assert [leak.where for leak in find_leaks(homework)] == ["file"]


def test_without_a_solution_nothing_can_be_said(homework: SolvedHomework) -> None:
    with pytest.raises(HomeworkError, match="Expected the solution of rnn"):
        find_leaks(replace(homework, solution=homework.folder / "nowhere"))


@pytest.mark.parametrize("page", [f"<pre>{html.escape(LINE)}</pre>", notebook(code_cell(LINE))])
def test_a_page_may_show_the_students_own_lines(homework: SolvedHomework, page: str, tmp_path: Path) -> None:
    """The same line of the solution is a leak where the student did not write it."""
    path = tmp_path / ("page.ipynb" if page.startswith("{") else "page.html")
    leaks = find_leaks_in_page(homework, path, page)
    assert {leak.excerpt for leak in leaks} == {LINE}
    assert {leak.path for leak in leaks} == {path}
    assert find_leaks_in_page(homework, path, page, own=f"def mine():\n  {LINE}\n") == []
    assert find_leaks_in_page(homework, path, page, own="z = x @ kernel") == leaks


def test_a_page_in_a_wrong_format_is_reported(homework: SolvedHomework) -> None:
    [leak] = find_leaks_in_page(homework, Path("page.ipynb"), "{")
    assert leak.why.startswith("cannot be checked")
