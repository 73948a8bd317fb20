"""The data sets: what they hold, how they are cut, and what is said when one cannot be had."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inline_snapshot import snapshot
from numpy.typing import NDArray

from autograder import datasets
from autograder.datasets import Dataset, DatasetError, Split, _digits, _mnist
from autograder.datasets._split import digest_of, distinct_by_hash, first_per_class, shuffled

ROOT = Path(__file__).resolve().parents[2]
REAL_MNIST = ROOT.parent / "shared" / "data" / "mnist.npz"

Arrays = dict[str, NDArray[Any]]


def pictures(split: Split) -> list[bytes]:
    """Return what is drawn on each canvas, wherever it stands."""
    found = []
    for image in split.images[:, :, :, 0]:
        rows, columns = np.nonzero(image)
        found.append(image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].tobytes())
    return found


# ---------------------------------------------------------------------------------------------- digits


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return datasets.load("digits")


def test_digits_have_the_documented_format(digits: Dataset) -> None:
    """This covers sizes, data types, value range and labels."""
    assert digits.name == "digits"
    for split, count in ((digits.train, 4041), (digits.test, 900)):
        assert len(split) == count
        assert split.images.shape == (count, 28, 28, 1)
        assert split.images.dtype == np.float32
        assert split.labels.shape == (count,)
        assert split.labels.dtype == np.int32
        assert split.images.min() == 0
        assert split.images.max() == 1
        assert set(split.labels.tolist()) == set(range(10))


def test_digits_are_the_same_everywhere(digits: Dataset) -> None:
    """Calibrations hold for this digest. When it changes, they have to be made anew."""
    assert digits.digest == snapshot(
        "sha256:eb5cde346f2c2a0859a427e97cbb62d9dd709678afba644325281075653524e6"
    )


def test_hidden_digits_are_stratified(digits: Dataset) -> None:
    assert np.bincount(digits.test.labels).tolist() == [90] * 10


def test_training_and_test_digits_do_not_overlap(digits: Dataset) -> None:
    train, test = set(pictures(digits.train)), set(pictures(digits.test))
    assert len(train) == 1347
    assert len(test) == 450
    assert not train & test


def test_digits_repeat_only_after_all_were_shown(digits: Dataset) -> None:
    drawn = pictures(digits.train)
    assert len(set(drawn[:1347])) == 1347
    assert drawn[:1347] == drawn[1347:2694] == drawn[2694:]


def test_digits_reach_all_sides_of_the_canvas(digits: Dataset) -> None:
    used = digits.train.images.max(axis=(0, 3)) > 0
    assert used[0].any()
    assert used[-1].any()
    assert used[:, 0].any()
    assert used[:, -1].any()


def test_first_and_last_batch_contain_every_class(digits: Dataset) -> None:
    for split in (digits.train, digits.test):
        for batch in (split.labels[:64], split.labels[-64:]):
            assert set(batch.tolist()) == set(range(10))


def test_centred_digits_have_an_empty_border() -> None:
    """Each digit is there once, with the same label as in the other data set."""
    centred = datasets.load("centred_digits")
    for split, count in ((centred.train, 1347), (centred.test, 450)):
        assert split.images.shape == (count, 28, 28, 1)
        assert split.images.dtype == np.float32
        assert split.labels.dtype == np.int32
        border = np.ones((28, 28), dtype=bool)
        border[4:-4, 4:-4] = False
        assert split.images[:, border].max() == 0
        assert split.images.min() == 0
        assert split.images.max() == 1
    assert np.array_equal(centred.test.labels, datasets.load("digits").test.labels[:450])
    assert np.bincount(centred.test.labels).tolist() == [45] * 10


def test_digits_do_not_depend_on_the_file_order(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = _digits.read_digits()
    order = np.random.default_rng(0).permutation(len(images))
    monkeypatch.setattr(_digits, "read_digits", lambda: (images[order], labels[order]))
    assert _digits.load_digits().digest == digits.digest


def test_enlarging_interpolates_linearly() -> None:
    """Beyond the outer pixel centres the values are constant."""
    image = np.array([[0, 1], [0, 1]], dtype=np.float32)[None]
    assert _digits.enlarge(image, 4)[0].tolist() == [[0, 0.25, 0.75, 1]] * 4
    assert _digits.enlarge(image.swapaxes(1, 2), 4)[0].T.tolist() == [[0, 0.25, 0.75, 1]] * 4


def test_shipped_digits_can_be_built_again(tmp_path: Path) -> None:
    """The tool builds the same bytes each time, from the digits of scikit-learn."""
    program = (
        "import sys; from pathlib import Path; from build_digits import build;"
        "[build(Path(name)) for name in sys.argv[1:]]"
    )
    targets = [str(tmp_path / name) for name in ("first.npz", "second.npz")]
    subprocess.run([sys.executable, "-Bc", program, *targets], cwd=ROOT / "tools", check=True)
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    with np.load(tmp_path / "first.npz", allow_pickle=False) as archive:
        built = dict(archive)
    images, labels = _digits.read_digits()
    assert built.keys() == {"images", "labels"}
    for expected, shipped in ((built["images"], images), (built["labels"], labels)):
        assert shipped.dtype == expected.dtype == np.uint8
        assert np.array_equal(shipped, expected)


# ------------------------------------------------------------------------------------------------- any


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(DatasetError) as caught:
        datasets.load("cifar10")
    assert str(caught.value) == snapshot(
        "Expected one of the data sets digits, centred_digits, mnist, none. Received: 'cifar10'"
    )


def test_a_data_set_is_cached_and_read_only(digits: Dataset) -> None:
    assert datasets.load("digits") is digits
    for split in (digits.train, digits.test):
        for array in (split.images, split.labels):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_students_get_the_training_part_alone(digits: Dataset) -> None:
    assert datasets.load_train("digits") is digits.train


def test_loading_digits_imports_nothing_heavy() -> None:
    program = (
        "import sys; from autograder.datasets import load; load('digits');"
        "print(*{'sklearn', 'scipy', 'keras', 'tensorflow'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


def test_digests_depend_on_value_type_and_shape() -> None:
    """The byte order and the memory layout do not matter."""
    zeros = np.zeros((2, 3), dtype=np.float32)
    others = [zeros.reshape(3, 2), zeros.astype(np.int32), np.ones_like(zeros)]
    assert len({digest_of(array) for array in (zeros, *others)}) == 4
    assert digest_of(zeros, zeros) != digest_of(zeros)
    assert digest_of(zeros) == digest_of(zeros.astype(">f4"))
    assert digest_of(zeros) == digest_of(np.asfortranarray(zeros))


def test_identical_images_are_kept_only_once() -> None:
    """The one with the smallest label is kept."""
    images = np.arange(5, dtype=np.uint8)[[3, 1, 3, 4, 3]][:, None, None]
    labels = np.array([7, 1, 2, 4, 9], dtype=np.uint8)
    for order in (np.arange(5), np.arange(5)[::-1]):
        kept = order[distinct_by_hash(images[order], labels[order])]
        assert sorted(kept.tolist()) == [1, 2, 3]


def test_mixing_ignores_the_original_order() -> None:
    """All images are kept."""
    images = np.arange(100, dtype=np.uint8)[:, None, None]
    forwards, backwards = np.arange(20, 80), np.arange(20, 80)[::-1]
    assert sorted(shuffled(images, forwards).tolist()) == forwards.tolist()
    assert np.array_equal(shuffled(images, forwards), shuffled(images, backwards))
    assert shuffled(images, forwards).tolist() != forwards.tolist()


def test_too_few_images_of_a_class_are_named() -> None:
    labels = np.repeat(np.arange(10, dtype=np.uint8), 3)[:-1]
    with pytest.raises(DatasetError) as caught:
        first_per_class(np.arange(29), labels, 3)
    assert str(caught.value) == snapshot("Expected at least 3 different images of the digit 9. Received: 2")


# ----------------------------------------------------------------------------------------------- mnist


@pytest.fixture(scope="module")
def like_mnist() -> Arrays:
    """Random images with Keras's keys: 10 more a class than are needed."""
    random = np.random.default_rng(0)
    arrays: Arrays = {}
    for part, count in (("train", 6100), ("test", 1100)):
        arrays[f"x_{part}"] = random.integers(0, 256, size=(count, 28, 28), dtype=np.uint8)
        arrays[f"y_{part}"] = (np.arange(count) % 10).astype(np.uint8)
    return arrays


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the environment variable points to; there is no file yet."""
    path = tmp_path / "my.npz"
    monkeypatch.setenv("AUTOGRADER_MNIST", str(path))
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Keras would keep the file, with nothing there and no variable set."""
    monkeypatch.delenv("AUTOGRADER_MNIST", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "datasets" / "mnist.npz"


def write(path: Path, arrays: Arrays) -> None:
    """Write arrays as Keras's file holds them."""
    np.savez(path, allow_pickle=True, **arrays)


def refusal(path: Path) -> str:
    """Return what is said about the MNIST at hand, with the path shortened."""
    with pytest.raises(DatasetError) as caught:
        _mnist.load_mnist()
    return str(caught.value).replace(str(path), "PATH")


def test_mnist_part_has_the_documented_sizes(named: Path, like_mnist: Arrays) -> None:
    write(named, like_mnist)
    dataset = _mnist.load_mnist()
    assert dataset.name == "mnist"
    assert dataset.train.images.shape == (6000, 28, 28, 1)
    assert dataset.test.images.shape == (1000, 28, 28, 1)
    assert dataset.train.images.dtype == np.float32
    assert dataset.train.labels.dtype == np.int32
    assert dataset.train.images.min() == 0
    assert dataset.train.images.max() == 1
    assert np.bincount(dataset.train.labels).tolist() == [600] * 10
    assert np.bincount(dataset.test.labels).tolist() == [100] * 10


def test_mnist_images_keep_their_labels(named: Path, like_mnist: Arrays) -> None:
    write(named, like_mnist)
    train = _mnist.load_mnist().train
    label_of = {
        image.tobytes(): label
        for image, label in zip(like_mnist["x_train"], like_mnist["y_train"], strict=True)
    }
    pixels = np.rint(train.images * 255).astype(np.uint8)
    assert [label_of[image.tobytes()] for image in pixels] == train.labels.tolist()


def test_mnist_does_not_depend_on_the_file_order(named: Path, like_mnist: Arrays) -> None:
    write(named, like_mnist)
    digest = _mnist.load_mnist().digest
    random = np.random.default_rng(1)
    shuffled: Arrays = {}
    for part in ("train", "test"):
        order = random.permutation(len(like_mnist[f"y_{part}"]))
        shuffled |= {key: like_mnist[key][order] for key in (f"x_{part}", f"y_{part}")}
    write(named, shuffled)
    assert _mnist.load_mnist().digest == digest


def test_mnist_test_images_are_never_trained_with(named: Path, like_mnist: Arrays) -> None:
    leaky = dict(like_mnist)
    leaky["x_train"] = np.concatenate([like_mnist["x_train"], like_mnist["x_test"]])
    leaky["y_train"] = np.concatenate([like_mnist["y_train"], like_mnist["y_test"]])
    write(named, leaky)
    dataset = _mnist.load_mnist()
    train, test = ({image.tobytes() for image in split.images} for split in (dataset.train, dataset.test))
    assert not train & test


def test_a_variable_naming_no_file_is_reported(named: Path) -> None:
    assert refusal(named) == snapshot(
        "The environment variable AUTOGRADER_MNIST names PATH, and there is no such file. Correct or unset "
        "the variable."
    )


def test_a_damaged_file_is_reported(named: Path, like_mnist: Arrays) -> None:
    write(named, like_mnist)
    named.write_bytes(named.read_bytes()[:100_000])
    assert refusal(named) == snapshot(
        "PATH (named by AUTOGRADER_MNIST) cannot be read as a numpy archive: File is not a zip file. Replace "
        "it with a whole mnist.npz."
    )
    named.write_bytes(b"")
    assert refusal(named).startswith("PATH (named by AUTOGRADER_MNIST) cannot be read as a numpy archive: ")
    np.save(named.with_suffix(".npy"), like_mnist["y_test"])
    named.write_bytes(named.with_suffix(".npy").read_bytes())
    assert refusal(named).startswith("PATH (named by AUTOGRADER_MNIST) cannot be read as a numpy archive: ")


def test_a_pickle_inside_is_not_opened(named: Path, like_mnist: Arrays) -> None:
    objects = np.array([{"any": "object"}], dtype=object)
    write(named, like_mnist | {"y_test": objects})
    assert "cannot be read as a numpy archive: Object arrays cannot be loaded" in refusal(named)


def test_missing_keys_are_reported(named: Path, like_mnist: Arrays) -> None:
    write(named, {"x_train": like_mnist["x_train"], "images": like_mnist["x_test"]})
    assert refusal(named) == snapshot(
        "Expected the keys of Keras's mnist.npz in PATH. Missing: 'y_train is not a file in the archive'"
    )


@pytest.mark.parametrize(
    ("key", "array", "message"),
    [
        (
            "x_train",
            np.zeros((5, 784), dtype=np.uint8),
            snapshot("PATH: expected x_train to be uint8 (N, 28, 28). Received: uint8 (5, 784)"),
        ),
        (
            "x_test",
            np.zeros((1100, 28, 28)),
            snapshot("PATH: expected x_test to be uint8 (N, 28, 28). Received: float64 (1100, 28, 28)"),
        ),
        (
            "y_test",
            np.zeros(7, dtype=np.uint8),
            snapshot("PATH: expected y_test to be uint8 (1100,). Received: uint8 (7,)"),
        ),
        (
            "y_train",
            np.zeros(6100),
            snapshot("PATH: expected y_train to be uint8 (6100,). Received: float64 (6100,)"),
        ),
        (
            "y_test",
            np.full(1100, 10, dtype=np.uint8),
            snapshot("PATH: expected the labels y_test in 0..9. Received: 10"),
        ),
        (
            "y_test",
            np.zeros(1100, dtype=np.uint8),
            snapshot(
                "PATH holds too few images. Expected at least 100 different images of the digit 1. "
                "Received: 0"
            ),
        ),
    ],
)
def test_other_arrays_are_refused(
    named: Path, like_mnist: Arrays, key: str, array: NDArray[Any], message: str
) -> None:
    write(named, like_mnist | {key: array})
    assert refusal(named) == message


def test_the_file_in_keras_home_is_used(cache: Path, like_mnist: Arrays) -> None:
    cache.parent.mkdir(parents=True)
    write(cache, like_mnist)
    assert len(_mnist.load_mnist().test) == 1000


def test_the_default_cache_is_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, like_mnist: Arrays
) -> None:
    """This is the folder of Keras where KERAS_HOME is not set."""
    for name in ("AUTOGRADER_MNIST", "KERAS_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    cached = tmp_path / ".keras" / "datasets" / "mnist.npz"
    cached.parent.mkdir(parents=True)
    write(cached, like_mnist)
    assert len(_mnist.load_mnist().test) == 1000


def test_keras_downloads_in_a_process_of_its_own(
    cache: Path, like_mnist: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def download(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        started.append(command)
        assert options["timeout"] > 0
        cache.parent.mkdir(parents=True)
        write(cache, like_mnist)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", download)
    assert len(_mnist.load_mnist().test) == 1000
    assert started == [[sys.executable, "-c", "import keras; keras.datasets.mnist.load_data()"]]


def test_a_failed_download_is_explained(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message lists three ways to provide the file."""

    def fail(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "Traceback …\nException: URL fetch failure\n")

    monkeypatch.setattr(subprocess, "run", fail)
    assert refusal(cache) == snapshot(
        "MNIST is not at PATH, and it could not be downloaded (Exception: URL fetch failure). One of these "
        'helps: connect to the internet and run  python -c "import keras; keras.datasets.mnist.load_data()"  '
        "once; copy a mnist.npz to PATH; or set AUTOGRADER_MNIST to the path of one."
    )


def test_a_download_that_hangs_is_given_up(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    assert "could not be downloaded (no answer within 300 s)" in refusal(cache)


@pytest.mark.skipif(not REAL_MNIST.is_file(), reason=f"needs the real MNIST images at {REAL_MNIST}")
def test_the_real_mnist_is_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_MNIST", str(REAL_MNIST))
    dataset = _mnist.load_mnist()
    assert dataset.digest == snapshot(
        "sha256:0d1c83f99f76a36e1aa31b4f06c8e9befccf64747943d2bf1c8871a8d42ed0af"
    )
    assert not set(pictures(dataset.train)) & set(pictures(dataset.test))


def test_the_data_set_named_none_is_empty() -> None:
    """It is for homeworks that make their own data."""
    nothing = datasets.load("none")
    assert (len(nothing.train), len(nothing.test)) == (0, 0)
    assert nothing.digest != datasets.load("digits").digest
