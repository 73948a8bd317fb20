"""Attacks by what is handed in: archives, links, devices, and files beside the one that is wanted."""

import tarfile
from typing import Final

from attacks import archives
from attacks.archives import SPEAKS, folder_with, raw, tar_entry, tarred, zip_entry, zipped
from attacks.attack import HONEST, Attack, LayDown

_WORK: Final = HONEST.encode()
_LINK: Final = 0o120777
_PIPE: Final = 0o010666
_DEVICE: Final = 0o020666

_ENTRY_POINTS: Final = "[pytest11]\nevil = evil\n[console_scripts]\nautograder = evil:main\n"
_MANIFEST: Final = 'name = "cnn"\nmax_score = 40\nchecks = []\nfiles = ["cnn.py"]\n'


def _rejected(name: str, numbers: tuple[int, ...], lay_down: LayDown, *says: str) -> Attack:
    """Return an attack that is not even read."""
    return Attack(name, numbers, deserves=0, status="rejected", says=says, lay_down=lay_down)


HANDED_IN: Final = (
    Attack(
        "08_planted_checks",
        (8,),
        lay_down=folder_with(
            conftest__py=SPEAKS,
            test_hidden__py=SPEAKS,
            test_public__py=SPEAKS,
            evil__py=SPEAKS,
            pytest__ini="[pytest]\naddopts = -p evil\n",
            pyproject__toml='[tool.pytest.ini_options]\naddopts = "-p evil"\n',
            homework__toml=_MANIFEST,
            evil_1__0__dist_info___entry_points__txt=_ENTRY_POINTS,
            evil_1__0__dist_info___METADATA="Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
        ),
    ),
    Attack(
        "09_planted_start_up_files",
        (9, 10),
        lay_down=folder_with(
            sitecustomize__py=SPEAKS,
            usercustomize__py=SPEAKS,
            evil__pth="import os; os.system('touch /tmp/zoo-was-here-pth')\n",
            pyvenv__cfg="home = .\ninclude-system-site-packages = true\n",
            __pythonrc="PYTHONSTARTUP=sitecustomize.py\n",
            __env="PYTHONPATH=.\nPYTEST_ADDOPTS=-p evil\nKERAS_HOME=.\n",
            ___keras___keras__json='{"backend": "evil"}',
        ),
    ),
    Attack(
        "11_planted_modules",
        (11,),
        lay_down=zipped(
            ("work/cnn.py", HONEST),
            *(
                (f"work/{name}.py", SPEAKS)
                for name in ("numpy", "keras", "json", "conftest", "sitecustomize")
            ),
            ("work/autograder/__init__.py", SPEAKS),
            ("work/autograder/result.py", SPEAKS),
        ),
    ),
    _rejected(
        "29_zip_climbs_out",
        (29,),
        zipped(("../../solutions/cnn/cnn.py", "x"), ("cnn.py", HONEST)),
        "lies outside",
    ),
    _rejected(
        "29_zip_from_the_root", (29,), zipped(("/tmp/zoo-was-here", "x"), ("cnn.py", HONEST)), "lies outside"
    ),
    _rejected(
        "29_zip_with_backslashes", (29,), zipped(("..\\..\\x.py", "x"), ("cnn.py", HONEST)), "lies outside"
    ),
    _rejected("29_zip_on_a_drive", (29,), zipped(("C:\\x.py", "x"), ("cnn.py", HONEST)), "lies outside"),
    _rejected(
        "29_tar_climbs_out",
        (29,),
        tarred((tar_entry("../zoo-was-here", size=1), b"x"), (tar_entry("cnn.py", size=len(_WORK)), _WORK)),
        "lies outside",
    ),
    _rejected("30_link_to_the_reference", (30,), archives.linked_file, "is a symbolic link"),
    _rejected("30_link_to_a_classmate", (30, 49), archives.linked_folder, "is a symbolic link"),
    _rejected("30_link_to_a_homework", (30,), archives.linked_homework),
    _rejected("30_link_named_zip", (30,), archives.linked_archive, "symbolic link"),
    Attack(
        "30_pipe_named_zip", (30,), 0, status=("rejected", "needs_staff"), lay_down=archives.piped_archive
    ),
    _rejected("30_pipe", (30,), archives.pipe, "cnn.py"),
    _rejected("30_socket", (30,), archives.listening),
    _rejected("30_device", (30,), archives.device, "cnn.py"),
    _rejected(
        "30_link_in_a_zip",
        (30,),
        zipped((zip_entry("cnn.py", _LINK), "../../solutions/cnn/cnn.py")),
        "cnn.py",
    ),
    _rejected("30_pipe_in_a_zip", (30,), zipped((zip_entry("cnn.py", _PIPE), "")), "cnn.py"),
    _rejected(
        "30_link_in_a_tar",
        (30,),
        tarred((tar_entry("cnn.py", tarfile.SYMTYPE, link="/etc/passwd"), b"")),
        "cnn.py",
    ),
    _rejected(
        "30_hard_link_in_a_tar",
        (30,),
        tarred(
            (tar_entry("a.py", size=len(_WORK)), _WORK),
            (tar_entry("cnn.py", tarfile.LNKTYPE, link="../../course/solutions/cnn/cnn.py"), b""),
        ),
        "cnn.py",
    ),
    _rejected("30_device_in_a_tar", (30,), tarred((tar_entry("cnn.py", tarfile.CHRTYPE), b"")), "cnn.py"),
    _rejected("30_pipe_in_a_tar", (30,), tarred((tar_entry("cnn.py", tarfile.FIFOTYPE), b"")), "cnn.py"),
    _rejected(
        "39_zip_bomb",
        (39,),
        raw(".zip", lambda: archives.zip_bomb(honest_header=True)),
        "1,073,741,824 bytes",
    ),
    _rejected("39_zip_bomb_that_lies", (39,), raw(".zip", lambda: archives.zip_bomb(honest_header=False))),
    _rejected("39_gzip_bomb", (39,), raw(".tar.gz", archives.gzip_bomb), "unpacks to more than is read"),
    _rejected("39_many_members", (39,), raw(".zip", archives.many_members), "too many"),
    _rejected("39_extended_headers", (39,), raw(".tgz", archives.extended_headers), "larger than is read"),
    Attack(
        "39_weights_of_other_kinds",
        (39,),
        lay_down=zipped(
            ("cnn.py", HONEST), ("weights.npz", bytes(1 << 24)), ("model.h5", b"\x89HDF" + bytes(1 << 20))
        ),
    ),
    Attack("50_odd_name", (50,), lay_down=archives.odd_name),
    _rejected("50_odd_files", (50,), archives.odd_files, "Expected a file named cnn.py"),
    Attack(
        "51_slow_to_compile",
        (51,),
        gets=0,
        checks={"output_size": ("error", "crashed", "out_of_memory", "timeout")},
        lay_down=archives.slow_to_compile,
    ),
    Attack(
        "51_heavy_to_compile",
        (51,),
        gets=0,
        checks={"output_size": ("error", "crashed", "out_of_memory", "timeout")},
        lay_down=archives.heavy_to_compile,
    ),
    Attack(
        "78_hidden_by_an_encoding", (78,), lay_down=archives.hidden_by_an_encoding, logs=("hidden code ran",)
    ),
    Attack(
        "78_unknown_encoding",
        (78,),
        gets=0,
        checks={"output_size": "error"},
        says=("raised SyntaxError",),
        lay_down=archives.module("# coding: rot13\n" + HONEST),
    ),
    _rejected(
        "78_other_bytes",
        (78,),
        archives.module(b"# coding: latin-1\nx = '\xe9'\n" + _WORK),
        "is not UTF-8 text",
    ),
    _rejected("78_zero_bytes", (78,), archives.module(_WORK + b"\0import os\n"), "is not a Python file"),
)
