"""A network that an evaluator uses again answers bit for bit what a fresh process answers, in any order."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pytest
from jail_jobs import CONFINED
from scripted_evaluator import end

from autograder.checks.networks import layer, network
from autograder.models.config import validate_model
from autograder.sandbox.client import Zygote
from autograder.sandbox.evaluators import SharedEvaluator
from autograder.sandbox.limits import MEGABYTE, Limits
from autograder.sandbox.protocol import Evaluate, Raised, Refused, Returned, RunSequences
from autograder.sandbox.runner import EndKind, Job, Reply
from autograder.sandbox.visible import VisiblePaths

pytestmark = pytest.mark.tensorflow

Arrays = list[np.ndarray[Any, np.dtype[Any]]]
Described = dict[str, Any]
SMALL: Final = Limits(cpu_seconds=30)


@pytest.fixture(scope="module", params=CONFINED)
def zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    with Zygote(VisiblePaths.for_this_python(), request.param) as started:
        yield started


def stateful(kind: str, *, both_ways: bool = False) -> Described:
    """A network that reads windows (3, 4, 2) and keeps its state."""
    recurrent = layer(kind, "recurrent", units=3, stateful=True, return_sequences=True)
    if both_ways:
        recurrent = layer("Bidirectional", "both", layer=recurrent)
    described = network("stateful", (4, 2), recurrent, layer("Dense", "last", units=2, activation="softmax"))
    described["config"]["layers"][0]["config"]["batch_shape"] = [3, 4, 2]
    return described


def wrapped() -> Described:
    """A network with a state inside a wrapper, which reads windows (3, 5, 4, 2)."""
    recurrent = layer("GRU", "recurrent", units=3, stateful=True, return_sequences=True)
    described = network(
        "wrapped",
        (5, 4, 2),
        layer("TimeDistributed", "each", layer=recurrent),
        layer("Dense", "last", units=2, activation="softmax"),
    )
    described["config"]["layers"][0]["config"]["batch_shape"] = [3, 5, 4, 2]
    return described


def nested() -> Described:
    """A network inside a network."""
    inner = network("inner", (4,), layer("Dense", "hidden", units=5, activation="tanh"))
    noisy = layer("GaussianNoise", "noise", stddev=0.5), layer("Dropout", "drop", rate=0.5)
    return network("outer", (4,), inner, *noisy, layer("Dense", "last", units=2))


CONVOLUTION: Final = network(
    "convolution",
    (6, 6, 1),
    layer("Conv2D", "filters", filters=3, kernel_size=[3, 3], activation="relu"),
    layer("BatchNormalization", "normal"),
    layer("Flatten", "flat"),
    layer("Dropout", "drop", rate=0.5),
    layer("Dense", "last", units=2, activation="softmax"),
)
# Network → shapes of its weights.
NETWORKS: Final[dict[str, tuple[Described, list[tuple[int, ...]]]]] = {
    "convolution": (CONVOLUTION, [(3, 3, 1, 3), *[(3,)] * 4, *[(3,)], (48, 2), (2,)]),
    "nested": (nested(), [(4, 5), (5,), (5, 2), (2,)]),
    "lstm": (stateful("LSTM"), [(2, 12), (3, 12), (12,), (3, 2), (2,)]),
    "gru": (stateful("GRU"), [(2, 9), (3, 9), (2, 9), (3, 2), (2,)]),
    "simple": (stateful("SimpleRNN"), [(2, 3), (3, 3), (3,), (3, 2), (2,)]),
    "wrapped": (wrapped(), [(2, 9), (3, 9), (2, 9), (3, 2), (2,)]),
    "both": (stateful("LSTM", both_ways=True), [*[(2, 12), (3, 12), (12,)] * 2, (6, 2), (2,)]),
}
INPUTS: Final = {"convolution": (6, 6, 1), "nested": (4,)}


def canonical(described: Described) -> Described:
    return validate_model(copy.deepcopy(described)).canonical


def jobs() -> list[Job]:
    """Every network with two sets of weights, asked in each way that there is."""
    rng, found = np.random.default_rng(0), list[Job]()

    def arrays(shapes: Sequence[tuple[int, ...]]) -> Arrays:
        return [np.abs(rng.normal(size=shape)).astype("float32") for shape in shapes]

    for name, (described, shapes) in NETWORKS.items():
        config = canonical(described)
        for _ in range(2):
            weights = arrays(shapes)
            found += [Job(Evaluate(config, weights, None, layers=False), SMALL)]
            if name in INPUTS:
                given = arrays([(count, *INPUTS[name]) for count in (5, 600)])
                ways = [(inputs, layers) for inputs in given for layers in (False, True)]
                found += [Job(Evaluate(config, weights, *way), SMALL) for way in ways]
            else:
                window = (5, 4, 2) if name == "wrapped" else (4, 2)
                [windows] = arrays([(6, 3, *window)])
                found += [Job(Evaluate(config, weights, windows.reshape(-1, *window), layers=True), SMALL)]
                for sequences in ([windows], [windows[:1]], [windows[:3], windows[3:], windows[:1]]):
                    found += [Job(RunSequences(config, weights, sequences), SMALL)]
    return found


def content(value: Any) -> Any:
    """Return a value with its arrays as bytes."""
    match value:
        case np.ndarray():
            return value.dtype.str, value.shape, value.tobytes()
        case dict():
            return {key: content(item) for key, item in value.items()}
        case list():
            return [content(item) for item in value]
    return value


def answer(reply: Reply) -> Any:
    [outcome] = reply.outcomes
    assert isinstance(outcome, Returned), (outcome, reply.log)
    return content(outcome.value)


def test_reused_networks_answer_as_fresh_ones(zygote: Zygote) -> None:
    asked = jobs()
    fresh = [answer(zygote.run(job)) for job in asked]
    order = list(range(len(asked))) * 3
    random.Random(0).shuffle(order)
    with SharedEvaluator(zygote) as shared:
        for place in order:
            assert answer(shared.run(asked[place])) == fresh[place], asked[place]


def refusal(reply: Reply) -> Any:
    [outcome] = reply.outcomes
    assert isinstance(outcome, Refused), outcome
    return outcome.refusal


def test_a_failed_request_leaves_nothing(zygote: Zygote) -> None:
    """Weights that do not fit, or inputs that do not, change no later answer."""
    described, shapes = NETWORKS["lstm"]
    config, weights = canonical(described), [np.ones(shape, "float32") for shape in shapes]
    windows = np.ones((5, 3, 4, 2), "float32")
    good = Job(RunSequences(config, weights, [windows]), SMALL)
    with SharedEvaluator(zygote) as shared:
        before = answer(shared.run(good))
        assert refusal(shared.run(Job(RunSequences(config, weights[:-1], [windows]), SMALL)))
        assert answer(shared.run(good)) == before
        [failed] = shared.run(Job(RunSequences(config, weights, [windows[:, :2]]), SMALL)).outcomes
        assert isinstance(failed, Raised)
        assert answer(shared.run(good)) == before


def slow_job(count: int, limits: Limits) -> Job:
    """A request that needs about 10 milliseconds for each input."""
    filters = layer("Conv2D", "filters", filters=64, kernel_size=[32, 32], padding="same")
    weights = [np.ones((32, 32, 1, 64), "float32"), np.ones(64, "float32")]
    config = canonical(network("slow", (32, 32, 1), filters, layer("GlobalMaxPooling2D", "most")))
    return Job(Evaluate(config, weights, np.ones((count, 32, 32, 1), "float32"), layers=False), limits)


def test_each_request_has_its_own_processor_time(zygote: Zygote) -> None:
    """A request that needs too much ends its process; the others together may need more than one may."""
    limits = Limits(cpu_seconds=1)
    with SharedEvaluator(zygote) as shared:
        quick, slow = slow_job(10, limits), slow_job(5000, limits)
        replies = [shared.run(quick) for _ in range(8)]
        assert {type(reply.outcomes[0]) for reply in replies} == {Returned}
        assert end(shared.run(slow)) in (EndKind.CPU, EndKind.IDLE)
        assert isinstance(shared.run(quick).outcomes[0], Returned)


def test_too_much_memory_costs_its_request_only(zygote: Zygote) -> None:
    limits = Limits(cpu_seconds=30, memory=400 * MEGABYTE)
    weights = [np.ones((1, 60_000), "float32"), np.ones(60_000, "float32")]
    config = canonical(network("wide", (1,), layer("Dense", "wide", units=60_000)))

    def wide(count: int) -> Job:
        inputs = np.ones((count, 1), "float32")
        return Job(Evaluate(config, weights, inputs, layers=False), limits)

    with SharedEvaluator(zygote) as shared:
        assert isinstance(shared.run(wide(3)).outcomes[0], Returned)
        reply = shared.run(wide(5000))
        assert (reply.outcomes, end(reply)) == ([], EndKind.MEMORY)
        assert isinstance(shared.run(wide(3)).outcomes[0], Returned)


def test_each_sequence_starts_from_zeros(zygote: Zygote) -> None:
    """Also where the state is inside a wrapper."""
    rng = np.random.default_rng(1)
    for name in ("lstm", "both", "wrapped"):
        described, shapes = NETWORKS[name]
        weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
        window = (5, 4, 2) if name == "wrapped" else (4, 2)
        sequence = rng.normal(size=(2, 3, *window)).astype("float32")
        reply = zygote.run(Job(RunSequences(canonical(described), weights, [sequence, sequence]), SMALL))
        [outcome] = reply.outcomes
        assert isinstance(outcome, Returned), outcome
        first, second = outcome.value["outputs"]
        assert np.array_equal(first, second), name
