"""Which figure tells which faulty set of images apart, by the committed judge and thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from autograder import datasets
from autograder.authoring.specimens import specimens
from autograder.calibration.certificate import CALIBRATION, CalibratedCheck, read_certificate
from autograder.checks.generative import Judge, SampleFigures, load_judge, sample_figures
from autograder.checks.subject import Subject
from autograder.homework import Course, SolvedHomework
from autograder.sandbox.client import Zygote
from autograder.sandbox.tier import Tier
from autograder.sandbox.visible import VisiblePaths
from solutions import solution

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]  # one Python is enough for what is about figures

SAMPLES = 450
MARGIN = 3.0  # standard deviations of the reference beyond a threshold
# What has to tell each set apart; other figures may as well.
TOLD_BY = {
    "noise": "samples_are_clean",
    "the mean image + noise .02": "samples_look_like_digits",
    "ten class means + noise .02": "samples_are_varied",
    "one digit": "samples_show_all_digits",
    "three digits": "samples_show_all_digits",
    "ten training images": "samples_are_new",
    "training images": "samples_are_new",
    "training images + noise .05": "samples_are_new",
    "training images + noise .3": "samples_are_clean",
    "training images + noise .1": "samples_are_new",
    "training images, moved by up to 2 pixels": "samples_are_new",
    "training images, blurred": "samples_are_sharp",
    "ink and paper swapped": "samples_look_like_digits",
}
DATASET = datasets.load("centred_digits")
CONTROLS = solution("gan", "controls.py")


@pytest.fixture(scope="module")
def gan() -> SolvedHomework:
    """The GAN homework of this course."""
    return Course.find(Path(__file__)).homework("gan")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote(VisiblePaths.for_this_python(), Tier.NAMESPACES) as started:
        yield started


def subject(zygote: Zygote, gan: SolvedHomework, text: str = "") -> Subject:
    return Subject({"gan.py": text}, "gan", 1, gan.limits, zygote)


@pytest.fixture(scope="module")
def measure(zygote: Zygote, gan: SolvedHomework) -> Measure:
    assert gan.solution is not None
    return Measure(load_judge(gan.solution, DATASET), subject(zygote, gan))


class Measure:
    """Measures sets of images as the checks do."""

    def __init__(self, judge: Judge, looking: Subject) -> None:
        self.judge = judge
        self.looking = looking
        self.held_out = DATASET.test.images[:SAMPLES]

    def __call__(self, images: np.ndarray) -> SampleFigures:
        seen, real = (self.judge.look(each, self.looking) for each in (images, self.held_out))
        return sample_figures(images, seen, self.held_out, real, DATASET.train.images)


@pytest.fixture(scope="module")
def checks(gan: SolvedHomework) -> Mapping[str, CalibratedCheck]:
    assert gan.solution is not None
    return read_certificate(gan.solution / CALIBRATION).checks


def test_faulty_sets_clearly_miss_a_threshold(
    measure: Measure, checks: Mapping[str, CalibratedCheck]
) -> None:
    """Each misses its own by at least three standard deviations."""
    sets = CONTROLS.control_sets(DATASET, SAMPLES)
    assert set(sets) == set(TOLD_BY)
    margins = {name: CONTROLS.beyond(checks, measure(images))[TOLD_BY[name]] for name, images in sets.items()}
    assert {name: margin for name, margin in margins.items() if margin < MARGIN} == {}


def test_new_real_digits_reach_every_threshold(
    measure: Measure, checks: Mapping[str, CalibratedCheck]
) -> None:
    """Half of the held-out digits twice, beside the other half: nobody can do better than that."""
    others = np.tile(DATASET.test.images[SAMPLES // 2 :], (2, 1, 1, 1))
    margins = CONTROLS.beyond(checks, measure(others))
    assert {name: margin for name, margin in margins.items() if margin > 0} == {}


def test_a_generator_that_lost_digits_is_detected(
    zygote: Zygote, gan: SolvedHomework, measure: Measure, checks: Mapping[str, CalibratedCheck]
) -> None:
    """Mode collapse, for real: the discriminator learns too slowly, and the generator forgets digits."""
    [weak] = [one for one in specimens(gan) if one.name == "chaff-weak_discriminator"]
    text = weak.files["gan.py"]
    assert "Adam(1e-5" in text  # with that rate nearly all digits are lost; with this one, some
    text = text.replace("Adam(1e-5", "Adam(2e-4")
    script = subject(zygote, gan, text).script(seed=1, training=True)
    networks = script.call("build_generator"), script.call("build_discriminator")
    data = 2 * DATASET.train.images - 1
    script.call("train_gan", *networks, data, steps=4000, batch_size=64, seed=1)
    noise = np.random.default_rng(1).standard_normal((SAMPLES, 100)).astype("float32")
    samples = (script.export(networks[0]).value.evaluate(noise).outputs + 1) / 2
    figures = measure(np.clip(samples, 0, 1))
    assert 4 < figures.classes < 9
    assert CONTROLS.beyond(checks, figures)["samples_show_all_digits"] > MARGIN
