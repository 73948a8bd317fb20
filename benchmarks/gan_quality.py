"""Compute the metrics of generated digits for image sets with known faults, and for other ways to train.

Run in an environment with the extra ``tf``:
``python benchmarks/gan_quality.py controls|alternatives|grid [--dataset NAME] [--seeds N] [--out FILE]``

*controls*: all sets of `solutions/gan/controls.py`, the reference at several stages, and collapsed
generators. For each set and metric, the table says how far the metric is beyond the threshold of the
committed calibration, in standard deviations of the reference's runs. A set that is beyond any threshold is
detected.

*alternatives*: the reference trained in other ways, with processor seconds and all metrics.

*grid*: a picture of samples of the reference, written to ``--out``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OMP_NUM_THREADS", "1")
import keras
import tensorflow as tf

from autograder import datasets
from autograder.authoring.specimens import specimens
from autograder.calibration.certificate import CALIBRATION, read_certificate
from autograder.checks.generative import Judge, SampleFigures, feature_network, load_judge, sample_figures
from autograder.homework import Course
from autograder.pictures import image_grid

Array = NDArray[Any]
Swap = tuple[str, str]
SOLUTION = Path(__file__).parent.parent / "solutions" / "gan"
SAMPLES = 450


def loaded(path: Path) -> ModuleType:
    """Return a module of the GAN homework's solution."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def changed(path: Path, swaps: list[Swap], folder: Path) -> ModuleType:
    """Return a module with some of its text replaced.

    Args:
        path: the module's file.
        swaps: pairs of old and new text.
        folder: the folder for the new file; TensorFlow needs a file, because it reads the source of functions
            that it compiles.

    Raises:
        ValueError: the module does not contain an old text.
    """
    text = path.read_text(encoding="utf-8")
    for old, new in swaps:
        if old not in text:
            raise ValueError(f"Expected {old!r} in {path}.")
        text = text.replace(old, new)
    (folder / path.name).write_text(text, encoding="utf-8")
    return loaded(folder / path.name)


class Measure:
    """Measures images with the judge of a data set, in this process."""

    def __init__(self, dataset: datasets.Dataset) -> None:
        self.dataset = dataset
        self._judge: Judge = load_judge(SOLUTION, dataset)
        self._network = keras.saving.deserialize_keras_object(feature_network())
        self._network.set_weights(self._judge.weights)
        self._held_out = dataset.test.images[:SAMPLES]
        self._real = self._look(self._held_out)

    def __call__(self, images: Array) -> SampleFigures:
        """Return the metrics of images (N, 28, 28, 1) from 0 to 1."""
        seen = self._look(images)
        return sample_figures(images, seen, self._held_out, self._real, self.dataset.train.images)

    def _look(self, images: Array) -> Any:
        return self._judge.look(images, self)  # type: ignore[arg-type]  # only `own_model` is used

    def own_model(self, described: object, function: str) -> Any:
        """Replace `Subject.own_model`: evaluate the judge's network here, without a sandbox."""
        del described, function
        return SimpleNamespace(evaluate=self._evaluate)

    def _evaluate(self, images: Array) -> Any:
        return SimpleNamespace(outputs=np.asarray(self._network(images, training=False)))


@dataclass(frozen=True)
class Trained:
    """A generator after training."""

    generator: Any
    cpu_seconds: float

    def images(self, count: int = SAMPLES) -> Array:
        """Return samples (count, 28, 28, 1) from 0 to 1, always generated from the same noise."""
        noise = np.random.default_rng(20260101).standard_normal((count, self.generator.input_shape[-1]))
        samples = np.asarray(self.generator(noise.astype("float32"), training=False))
        images: Array = np.clip((samples + 1) / 2, 0, 1)
        return images


def train(gan: ModuleType, dataset: datasets.Dataset, seed: int, steps: tuple[int, ...] = (4000,)) -> Trained:
    """Build a module's networks and train them on a data set.

    Args:
        gan: a solution of the GAN homework.
        dataset: the data set.
        seed: the seed of the first training call; each later call adds one.
        steps: the number of training steps of each call.
    """
    keras.utils.set_random_seed(seed)
    started = time.process_time()
    generator, discriminator = gan.build_generator(), gan.build_discriminator()
    for call, count in enumerate(steps):
        data = 2 * dataset.train.images - 1
        gan.train_gan(generator, discriminator, data, steps=count, batch_size=64, seed=seed + call)
    return Trained(generator, time.process_time() - started)


# ------------------------------------------------------------------------------------------ control sets


def controls(measure: Measure) -> Iterator[str]:
    """Yield the lines of the table of control sets."""
    checks = read_certificate(SOLUTION / CALIBRATION).checks
    control = loaded(SOLUTION / "controls.py")
    columns = ["set", *(field.name for field in fields(SampleFigures)), "beyond the threshold by, in sd"]
    yield f"| {' | '.join(columns)} |"
    yield "|---|---|---|---|---|---|---|"
    for label, images in all_sets(measure.dataset):
        found = measure(images)
        detected = sorted(
            (pair for pair in control.beyond(checks, found).items() if pair[1] > 0), key=lambda pair: -pair[1]
        )
        words = ", ".join(f"`{name}` {sd:.1f}" for name, sd in detected) or "nothing"
        yield f"| {label} | {numbers(found)} | {words} |"
    limits = [
        f"{name} {checks[name].direction.words} {checks[name].threshold:.3g}" for name in control.FIGURE_OF
    ]
    yield ""
    yield f"Thresholds: {'; '.join(limits)}."


def all_sets(dataset: datasets.Dataset) -> Iterator[tuple[str, Array]]:
    """Yield every set with its label: first sets from generators, then sets with an artificial fault."""
    reference = loaded(SOLUTION / "gan.py")
    for steps in (4000, 1000, 300):
        yield f"reference, {steps} steps", train(reference, dataset, 1, (steps,)).images()
    known = {one.name: one for one in specimens(Course.find(SOLUTION).homework("gan"))}
    with tempfile.TemporaryDirectory() as folder:
        unaveraged = known["chaff-no_averaging"].lay_out(Path(folder)) / "gan.py"
        yield "GAN without averaged weights", train(loaded(unaveraged), dataset, 1).images()
        weak = known["chaff-weak_discriminator"].lay_out(Path(folder)) / "gan.py"
        yield (
            "GAN that lost most digits (discriminator 100 times slower)",
            train(loaded(weak), dataset, 1).images(),
        )
        slow = changed(weak, [("Adam(1e-5", "Adam(2e-4")], Path(folder))
        yield "GAN that lost some digits (discriminator 5 times slower)", train(slow, dataset, 1).images()
    yield from loaded(SOLUTION / "controls.py").control_sets(dataset, SAMPLES).items()


def numbers(found: SampleFigures) -> str:
    """Return the metrics as cells of a table."""
    return " | ".join(f"{getattr(found, field.name):.2f}" for field in fields(found))


# ------------------------------------------------------------------------------------------ alternatives

AVERAGED = "keras.optimizers.Adam(1e-3, beta_1=0.5, use_ema=True, ema_momentum=0.999)"
FINISHED = "    of_generator.finalize_variable_values(generator.trainable_variables)\n"
DENSE = "        model.add(layers.Dense(units))\n"
NORMAL = "        model.add(layers.BatchNormalization(momentum=0.9))\n"
LEAKY = "        model.add(layers.LeakyReLU(negative_slope=0.2))\n"
DECAYING = "keras.optimizers.schedules.CosineDecay(1e-3, steps, alpha=0.05)"

ALTERNATIVES: dict[str, tuple[list[Swap], tuple[int, ...]]] = {
    "**reference**: averaged weights": ([], (4000,)),
    "the same in three calls (100, 400, 3,500 steps), as it is graded": ([], (100, 400, 3500)),
    "the same, 2,000 steps": ([], (2000,)),
    "not averaged": ([(AVERAGED, "keras.optimizers.Adam(1e-3, beta_1=0.5)"), (FINISHED, "")], (4000,)),
    "rate decays (cosine to 5 %), not averaged": (
        [
            (AVERAGED, "keras.optimizers.Adam(1e-3, beta_1=0.5)"),
            ("keras.optimizers.Adam(1e-3, beta_1=0.5)", f"keras.optimizers.Adam({DECAYING}, beta_1=0.5)"),
            (FINISHED, ""),
        ],
        (4000,),
    ),
    "real labels smoothed to .9": (
        [
            (
                "tf.reduce_mean(tf.nn.softplus(-real_logits))",
                "tf.reduce_mean(0.9 * tf.nn.softplus(-real_logits) + 0.1 * tf.nn.softplus(real_logits))",
            )
        ],
        (4000,),
    ),
    "dropout of .3 in the discriminator": (
        [(DENSE + LEAKY, DENSE + LEAKY + "        model.add(layers.Dropout(0.3))\n")],
        (4000,),
    ),
    "batch normalization after the activation": ([(NORMAL + LEAKY, LEAKY + NORMAL)], (4000,)),
    "no batch normalization": ([("use_bias=False", "use_bias=True"), (NORMAL, "")], (4000,)),
    "rate 5e-4": ([("1e-3", "5e-4")], (4000,)),
}


def alternatives(dataset: datasets.Dataset, measure: Measure, seeds: int) -> Iterator[str]:
    """Yield the lines of the table of alternatives: medians over ``seeds`` trainings."""
    yield f"| training | CPU-s | {' | '.join(field.name for field in fields(SampleFigures))} |"
    yield "|---|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        for label, make in variants(Path(folder)).items():
            module, steps = make()
            runs = [train(module, dataset, seed, steps) for seed in range(seeds)]
            seconds = statistics.median(run.cpu_seconds for run in runs)
            yield f"| {label} | {seconds:.1f} | {numbers(medians([measure(run.images()) for run in runs]))} |"


def medians(found: list[SampleFigures]) -> SampleFigures:
    """Return the median of each metric."""
    names = [field.name for field in fields(SampleFigures)]
    return SampleFigures(*(statistics.median(getattr(each, name) for each in found) for name in names))


def variants(folder: Path) -> dict[str, Callable[[], tuple[ModuleType, tuple[int, ...]]]]:
    """Return label → function that returns a solution and its training steps.

    A solution is the reference with some text replaced, written to ``folder``, or the homework's wheat.
    """
    made: dict[str, Callable[[], tuple[ModuleType, tuple[int, ...]]]] = {
        label: lambda swaps=swaps, steps=steps: (changed(SOLUTION / "gan.py", swaps, folder), steps)  # type: ignore[misc]
        for label, (swaps, steps) in ALTERNATIVES.items()
    }
    wheat = SOLUTION / "wheat" / "convolutional.py"
    return made | {"convolutional networks (the wheat)": lambda: (loaded(wheat), (4000,))}


def main() -> None:
    """Print a table, or write a grid of samples to a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=["controls", "alternatives", "grid"])
    parser.add_argument("--dataset", default="centred_digits", choices=["centred_digits", "mnist"])
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each alternative")
    parser.add_argument("--out", type=Path, help="the file for the grid")
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    dataset = datasets.load(options.dataset)
    if options.what == "grid":
        samples = train(loaded(SOLUTION / "gan.py"), dataset, 1).images(120)
        options.out.write_bytes(image_grid(samples, 15, scale=2))
        return
    measure = Measure(dataset)
    lines = controls(measure) if options.what == "controls" else alternatives(dataset, measure, options.seeds)
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
