"""The judge: what is stored of it, when it is refused, and what it sees in real digits."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import datasets
from autograder.checks.generative import (
    CLASSES,
    FEATURES,
    RECORD,
    Judge,
    JudgeError,
    JudgeOutput,
    deviation_of,
    load_judge,
)
from autograder.checks.subject import Subject
from autograder.datasets import Dataset, Split
from autograder.homework import HomeworkLimits
from autograder.sandbox.client import Zygote
from autograder.sandbox.tier import Tier, probe
from autograder.sandbox.visible import VisiblePaths

SOLUTION = Path(__file__).resolve().parents[2] / "solutions" / "gan"
COMMITTED = json.loads((SOLUTION / RECORD).read_text(encoding="utf-8"))
ARRAYS = ["weight0", "weight3", "kernel", "bias", "mean", "deviation"]
EMPTY = Split(np.zeros((0, 28, 28, 1), np.float32), np.zeros(0, np.int32))
SMALL = Dataset("small", EMPTY, EMPTY, "sha256:small")


def random_judge(seed: int = 0) -> Judge:
    """Return a judge that never saw anything."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=shape).astype("float32") for shape in [(5, 5, 1, 2), (2,), (8, 4), (4,)]]
    rest = [rng.normal(size=shape).astype("float32") for shape in [(4, 10), (10,), (4,), (4,)]]
    return Judge(tuple(weights), *rest)


def stored(folder: Path, name: str = "small") -> Path:
    """Return the file with a judge's arrays."""
    return folder / f"judge_{name}.npz"


def rewrite(path: Path, **changes: Any) -> None:
    """Write other arrays in place of some of a judge's; None leaves one out."""
    with np.load(path) as arrays:
        kept = {name: arrays[name] for name in arrays.files} | changes
    np.savez(path, **{name: array for name, array in kept.items() if array is not None})


def refused(folder: Path, dataset: Dataset = SMALL) -> str:
    """Return why a judge is refused; the message always says what to run."""
    with pytest.raises(JudgeError) as caught:
        load_judge(folder, dataset)
    assert f"Run: python {folder / 'train_judge.py'} {dataset.name}" in str(caught.value)
    return str(caught.value)


# --------------------------------------------------------------------------------- stored and read again


def test_a_saved_judge_is_loaded_unchanged(tmp_path: Path) -> None:
    judge = random_judge()
    judge.save(tmp_path, SMALL, 0.5)
    loaded = load_judge(tmp_path, SMALL)
    assert loaded.digest == judge.digest
    both = ((*each.weights, each.kernel, each.bias, each.mean, each.deviation) for each in (loaded, judge))
    for ours, theirs in zip(*both, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


def test_more_than_ten_weights_keep_their_order(tmp_path: Path) -> None:
    """As text, "10" comes before "2"."""
    judge = replace(random_judge(), weights=tuple(np.full(2, place, np.float32) for place in range(12)))
    judge.save(tmp_path, SMALL, 0.5)
    assert [int(weight[0]) for weight in load_judge(tmp_path, SMALL).weights] == list(range(12))


def test_each_data_set_has_its_own_judge(tmp_path: Path) -> None:
    """Saving one judge again leaves the judge of the other data set as it is."""
    other = replace(SMALL, name="other", digest="sha256:other")
    random_judge(1).save(tmp_path, SMALL, 0.5)
    random_judge(2).save(tmp_path, other, 0.6)
    random_judge(3).save(tmp_path, SMALL, 0.7)
    assert load_judge(tmp_path, SMALL).digest == random_judge(3).digest
    assert load_judge(tmp_path, other).digest == random_judge(2).digest
    record = json.loads((tmp_path / RECORD).read_text(encoding="utf-8"))
    assert {name: each["accuracy"] for name, each in record.items()} == {"small": 0.7, "other": 0.6}


@pytest.mark.parametrize("array", ARRAYS)
def test_each_array_counts_in_the_digest(tmp_path: Path, array: str) -> None:
    """The smallest change there is, in one number of one array."""
    random_judge().save(tmp_path, SMALL, 0.5)
    with np.load(stored(tmp_path)) as arrays:
        changed = arrays[array]
    changed.flat[-1] = np.nextafter(changed.flat[-1], np.float32(np.inf))
    rewrite(stored(tmp_path), **{array: changed})
    message = refused(tmp_path)
    assert str(tmp_path / RECORD) in message
    assert "calibrate again" in message


def test_a_judge_of_other_data_is_refused(tmp_path: Path) -> None:
    random_judge().save(tmp_path, SMALL, 0.5)
    assert "calibrate again" in refused(tmp_path, replace(SMALL, digest="sha256:changed"))


def test_a_judge_without_its_record_is_refused(tmp_path: Path) -> None:
    """The file is from a later training than the record."""
    random_judge(1).save(tmp_path, SMALL, 0.5)
    record = (tmp_path / RECORD).read_text(encoding="utf-8")
    random_judge(2).save(tmp_path, SMALL, 0.5)
    (tmp_path / RECORD).write_text(record, encoding="utf-8")
    assert "calibrate again" in refused(tmp_path)


def test_missing_files_are_refused(tmp_path: Path) -> None:
    """A data set that is not in the record is refused in the same way."""
    assert "no judge for small" in refused(tmp_path)
    random_judge().save(tmp_path, SMALL, 0.5)
    assert "no judge for other" in refused(tmp_path, replace(SMALL, name="other"))
    stored(tmp_path).unlink()
    assert "no judge for small" in refused(tmp_path)
    random_judge().save(tmp_path, SMALL, 0.5)
    (tmp_path / RECORD).unlink()
    assert "no judge for small" in refused(tmp_path)


@pytest.mark.parametrize("array", ARRAYS)
def test_a_missing_array_is_refused(tmp_path: Path, array: str) -> None:
    random_judge().save(tmp_path, SMALL, 0.5)
    rewrite(stored(tmp_path), **{array: None})
    assert "judge for small" in refused(tmp_path)


def test_arrays_of_objects_are_refused_unread(tmp_path: Path) -> None:
    random_judge().save(tmp_path, SMALL, 0.5)
    rewrite(stored(tmp_path), bias=np.array([print], dtype=object))
    assert "no judge" in refused(tmp_path)


def test_a_record_that_is_no_json_is_refused(tmp_path: Path) -> None:
    random_judge().save(tmp_path, SMALL, 0.5)
    (tmp_path / RECORD).write_text("{", encoding="utf-8")
    assert "no judge" in refused(tmp_path)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    random_judge().save(tmp_path, SMALL, 0.5)
    stored(tmp_path).write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert "no judge" in refused(tmp_path)


def damaged(content: bytes, how: str) -> bytes:
    """Return a file's content after an accident."""
    if how == "empty":
        return b""
    if how == "cut short":
        return content[: len(content) // 2]
    place = content.index(b"NUMPY") + 200  # among the first array's numbers
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("how", ["empty", "cut short", "one bit changed"])
def test_a_damaged_file_is_refused(tmp_path: Path, how: str) -> None:
    random_judge().save(tmp_path, SMALL, 0.5)
    stored(tmp_path).write_bytes(damaged(stored(tmp_path).read_bytes(), how))
    assert "no judge" in refused(tmp_path)
    gc.collect()  # a file that was left open is this test's failure, not that of one that comes later


def test_constant_features_have_a_small_deviation() -> None:
    """It is not zero, because features are divided by it."""
    features = np.random.default_rng(0).normal(size=(500, 3)) * [1, 5, 0]
    found = deviation_of(features)
    np.testing.assert_allclose(found[:2], features.std(axis=0)[:2], rtol=0.01)
    assert 0 < found[2] < 0.01


# ------------------------------------------------------------------------------------ the committed ones


def test_each_possible_data_set_has_a_judge() -> None:
    """The homework may use either of them."""
    assert set(COMMITTED) == {"centred_digits", "mnist"}


@pytest.mark.parametrize("name", COMMITTED)
def test_committed_judges_are_those_of_the_record(name: str) -> None:
    dataset = Dataset(name, EMPTY, EMPTY, COMMITTED[name]["dataset"])
    judge = load_judge(SOLUTION, dataset)
    assert judge.digest == COMMITTED[name]["digest"]
    assert judge.kernel.shape == (FEATURES, CLASSES)
    assert judge.mean.shape == judge.deviation.shape == (FEATURES,)
    assert (judge.deviation > 0).all()
    assert COMMITTED[name]["accuracy"] > 0.9


def test_the_shipped_data_has_the_committed_judge() -> None:
    dataset = datasets.load("centred_digits")
    assert load_judge(SOLUTION, dataset).digest == COMMITTED["centred_digits"]["digest"]


# ------------------------------------------------------------------------------------------ what it sees


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    """Somebody in whose jail the judge looks."""
    missing = probe().missing
    if probe().tier is not Tier.NAMESPACES:
        pytest.skip(f"no user namespaces: {missing}")
    with Zygote(VisiblePaths.for_this_python(), Tier.NAMESPACES) as zygote:
        yield Subject({"gan.py": ""}, "gan", 1, HomeworkLimits(), zygote)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return datasets.load("centred_digits")


@pytest.fixture(scope="module")
def judge(digits: Dataset) -> Judge:
    return load_judge(SOLUTION, digits)


@pytest.fixture(scope="module")
def training(judge: Judge, digits: Dataset, subject: Subject) -> JudgeOutput:
    """What the judge sees in the images that it was trained with."""
    return judge.look(digits.train.images, subject)


@pytest.mark.tensorflow
def test_training_features_are_standardized(training: JudgeOutput, digits: Dataset) -> None:
    """Their mean is 0 and their standard deviation 1; a constant feature is 0."""
    assert training.features.shape == (len(digits.train), FEATURES)
    assert training.features.dtype == np.float64
    np.testing.assert_allclose(training.features.mean(axis=0), 0, atol=1e-3)
    deviations = training.features.std(axis=0)
    alive = deviations > 0.5
    np.testing.assert_allclose(deviations[alive], 1, atol=0.02)
    np.testing.assert_allclose(deviations[~alive], 0, atol=1e-6)
    assert alive.sum() > FEATURES / 2


@pytest.mark.tensorflow
def test_the_judge_names_digits_it_has_never_seen(judge: Judge, digits: Dataset, subject: Subject) -> None:
    seen = judge.look(digits.test.images, subject)
    assert seen.labels.shape == (len(digits.test),)
    assert set(seen.labels.tolist()) == set(range(seen.classes)) == set(range(CLASSES))
    accuracy = (seen.labels == digits.test.labels).mean()
    assert accuracy > 0.9
    assert accuracy == pytest.approx(COMMITTED["centred_digits"]["accuracy"], abs=0.005)


@pytest.mark.tensorflow
def test_an_image_is_judged_alone(
    judge: Judge, digits: Dataset, subject: Subject, training: JudgeOutput
) -> None:
    """Its features and its label depend neither on the other images nor on chance."""
    few = judge.look(digits.train.images[:5][::-1].astype("float64"), subject)
    np.testing.assert_allclose(few.features[::-1], training.features[:5], atol=1e-4)
    np.testing.assert_array_equal(few.labels[::-1], training.labels[:5])


@pytest.mark.parametrize("key", ["digest", "dataset"])
def test_a_record_that_lacks_an_entry_is_refused(tmp_path: Path, key: str) -> None:
    random_judge().save(tmp_path, SMALL, 0.5)
    path = tmp_path / "judge.json"
    path.write_text(path.read_text().replace(f'"{key}"', '"other"'))
    with pytest.raises(JudgeError, match=r"no judge for .* Run: python .*train_judge\.py"):
        load_judge(tmp_path, SMALL)
