"""Small networks, and what two tests of the GAN reference compute without it."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from solutions import solution

LATENT, FEATURES = 3, 4

Array: TypeAlias = NDArray[Any]
Weights: TypeAlias = list[Array]


def reference() -> Any:
    """Return the reference."""
    return solution("gan", "gan.py")


def tiny(kind: str, dtype: str = "float32") -> tuple[Any, Any]:
    """Return two small networks with the same weights each time.

    Args:
        kind: "dense" for one layer each, "deep" for several with batch normalization in the generator.
        dtype: of their weights.
    """
    import keras
    from keras import layers

    if kind == "dense":
        makes: list[Any] = [layers.Dense(FEATURES, activation="tanh", dtype=dtype)]
        doubts: list[Any] = [layers.Dense(1, dtype=dtype)]
    else:
        makes = [
            layers.Dense(5, activation="softplus", dtype=dtype),
            layers.BatchNormalization(momentum=0.5, dtype=dtype),
            layers.Dense(FEATURES, activation="tanh", dtype=dtype),
        ]
        doubts = [layers.Dense(6, activation="softplus", dtype=dtype), layers.Dense(1, dtype=dtype)]
    generator = keras.Sequential([keras.Input((LATENT,), dtype=dtype), *makes])
    discriminator = keras.Sequential([keras.Input((FEATURES,), dtype=dtype), *doubts])
    rng = np.random.default_rng(4)
    for model in (generator, discriminator):
        model.set_weights([np.abs(rng.normal(size=w.shape)) for w in model.get_weights()])
        for variable in model.trainable_variables:
            variable.assign(rng.normal(size=variable.shape))
    return generator, discriminator


def weights_of(model: Any) -> dict[str, Weights]:
    """Return a network's trained weights and its statistics."""
    return {
        "trained": [np.array(variable) for variable in model.trainable_variables],
        "statistics": [np.array(variable) for variable in model.non_trainable_variables],
    }


def normal(*shape: int, dtype: str = "float32") -> Array:
    """Return the same random numbers for the same shape."""
    return np.random.default_rng(shape).normal(size=shape).astype(dtype)


def softplus(x: Array) -> Array:
    """Return log(1 + exp(x)) without overflow."""
    x = x.astype(float)
    result: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return result


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    result: Array = np.exp(-softplus(-x))
    return result


def descend(player: str, networks: list[dict[str, Weights]], real: Array, noise: Array) -> tuple[Any, Any]:
    """Return a loss of the dense networks, and its gradient by the player's weights, by the chain rule."""
    (kernel, bias), (doubts, offset) = (each["trained"] for each in networks)
    fake = np.tanh(noise @ kernel + bias)
    logits = fake @ doubts + offset
    if player == "generator":
        back = -sigmoid(-logits) / len(logits) @ doubts.T * (1 - fake**2)
        return softplus(-logits).mean(), [noise.T @ back, back.sum(axis=0)]
    of_real = real @ doubts + offset
    backs = -sigmoid(-of_real) / len(of_real), sigmoid(logits) / len(logits)
    slope = real.T @ backs[0] + fake.T @ backs[1], backs[0].sum(axis=0) + backs[1].sum(axis=0)
    return softplus(-of_real).mean() + softplus(logits).mean(), list(slope)


def distance(one: Weights, other: Weights) -> float:
    """Return the largest difference between weights."""
    return float(max(np.abs(a - b).max() for a, b in zip(one, other, strict=True)))
