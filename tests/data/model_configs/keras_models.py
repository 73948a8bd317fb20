"""Real Keras models, some to be accepted and some to be refused.

Run in a process of its own, since it starts TensorFlow:

    python keras_models.py record      writes what each model looks like in JSON, beside this file
    python keras_models.py round-trip  validates, rebuilds and compares each; prints {model: verdict}
"""

from __future__ import annotations

import os
import sys

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}

import json
import linecache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L  # noqa: N812

from autograder.models.config import RefusedModel, validate_model

HERE = Path(__file__).parent


def _code(source: str) -> Any:
    """Return a function of a student's module, which no file holds; Keras asks for its source."""
    linecache.cache["student.py"] = (len(source), None, [source], "student.py")
    return eval(compile(source, "student.py", "eval"), {"__name__": "student", "keras": keras, "tf": tf})


def cnn() -> Any:
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            L.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            L.MaxPooling2D(2, name="pool1"),
            L.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            L.MaxPooling2D(2, name="pool2"),
            L.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            L.GlobalMaxPooling2D(name="global_pool"),
            L.Dropout(0.2, name="dropout"),
            L.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="cnn",
    )
    model.compile(optimizer="adam", loss=_code("lambda y, p: keras.ops.mean(y - p)"), metrics=["accuracy"])
    return model


def autoencoder() -> Any:
    encoder = keras.Sequential([keras.Input((8, 8, 1)), L.Flatten(), L.Dense(4)], name="encoder")
    decoder = keras.Sequential(
        [keras.Input((4,)), L.Dense(64, activation="sigmoid"), L.Reshape((8, 8, 1))], name="decoder"
    )
    image = keras.Input((8, 8, 1), name="image")
    return keras.Model(image, decoder(encoder(image)), name="autoencoder")


def autoencoder_sequential() -> Any:
    encoder = keras.Sequential([L.Flatten(), L.Dense(4)], name="encoder")
    decoder = keras.Sequential([L.Dense(64), L.Reshape((8, 8, 1))], name="decoder")
    return keras.Sequential([keras.Input((8, 8, 1)), encoder, decoder], name="autoencoder")


def autoencoder_functional() -> Any:
    image, code = keras.Input((6,)), keras.Input((2,))
    encoder = keras.Model(image, L.Dense(2)(image), name="encoder")
    decoder = keras.Model(code, L.Dense(6)(code), name="decoder")
    return keras.Model(image, decoder(encoder(image)), name="autoencoder")


def stateful_lstm() -> Any:
    return keras.Sequential(
        [keras.Input(batch_shape=(2, 5, 3)), L.LSTM(4, stateful=True), L.Dense(1)], name="stateful"
    )


def generator() -> Any:
    return keras.Sequential(
        [
            keras.Input((10,)),
            L.Dense(7 * 7 * 8, use_bias=False),
            L.BatchNormalization(momentum=0.8),
            L.LeakyReLU(negative_slope=0.2),
            L.Reshape((7, 7, 8)),
            L.Conv2DTranspose(4, 5, strides=2, padding="same", output_padding=1),
            L.UpSampling2D(2),
            L.Conv2D(1, 3, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def frozen() -> Any:
    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(3, trainable=False), L.BatchNormalization(trainable=False), L.Dense(2)]
    )
    model.trainable = False
    return model


def built_without_input() -> Any:
    model = keras.Sequential([L.Dense(3, activation="relu"), L.Dense(2)])
    model.build((None, 4))
    return model


def called_without_input() -> Any:
    model = keras.Sequential([L.Dense(3), L.Dense(2)])
    model(tf.zeros((2, 4)))
    return model


def two_inputs_shared() -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = L.Dense(3, name="shared")
    merged = L.Concatenate()([shared(left), shared(right)])
    merged = L.Dropout(0.2)(merged, training=False)
    return keras.Model([left, right], [L.Dense(2)(merged), merged], name="siamese")


def named_ends() -> Any:
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    return keras.Model({"left": left, "right": right}, {"sum": L.Add()([left, right])})


def shared_in_turn() -> Any:
    data, a, b = keras.Input((4,)), L.Dense(4, name="a"), L.Dense(4, name="b")
    return keras.Model(data, a(b(a(b(data)))))


def nested_twice() -> Any:
    data, inner = keras.Input((4,)), keras.Input((4,))
    step = keras.Model(inner, [L.Dense(4)(inner), inner], name="step")
    first = step(data)
    second = step(first[0])
    return keras.Model(data, [L.Add()([first[1], second[0]]), second[1]])


def nested_three_deep() -> Any:
    model = keras.Sequential([keras.Input((4,)), L.Dense(4)], name="level3")
    for level in ("level2", "level1", "level0"):
        model = keras.Sequential([keras.Input((4,)), model], name=level)
    return model


def encoder_states() -> Any:
    source, target = keras.Input((5, 3)), keras.Input((4, 3))
    _, hidden, cell = L.LSTM(6, return_state=True)(source)
    decoded = L.LSTM(6, return_sequences=True)(target, initial_state=[hidden, cell])
    return keras.Model([source, target], L.TimeDistributed(L.Dense(2))(decoded))


def intermediate_input() -> Any:
    data = keras.Input((4,))
    hidden = L.Dense(3, name="hidden")(data)
    return keras.Model(hidden, L.Dense(2, name="out")(hidden))


def residual() -> Any:
    image = keras.Input((8, 8, 2))
    x = L.Conv2D(2, 3, padding="same")(image)
    x = L.ReLU()(L.BatchNormalization()(x))
    return keras.Model(image, L.Average()([L.Maximum()([x, image]), L.Minimum()([x, image])]))


def arithmetic() -> Any:
    left, right = keras.Input((4,)), keras.Input((4,))
    return keras.Model([left, right], L.Multiply()([L.Subtract()([left, right]), L.Identity()(left)]))


def convolutions() -> Any:
    return keras.Sequential(
        [
            keras.Input((16, 16, 4)),
            L.Rescaling(1 / 255, offset=-0.5),
            L.ZeroPadding2D(1),
            L.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
            L.PReLU(shared_axes=[1, 2]),
            L.SeparableConv2D(6, 3, strides=2, depth_multiplier=2),
            L.GroupNormalization(groups=3),
            L.ELU(),
            L.AveragePooling2D(2),
            L.Conv2D(4, 1, dilation_rate=2, groups=2, kernel_regularizer="l2"),
            L.SpatialDropout2D(0.1),
            L.LayerNormalization(axis=[1, 2, 3]),
            L.Cropping2D(((0, 1), (1, 0))),
            L.UpSampling2D((2, 3), interpolation="bilinear"),
            L.GlobalAveragePooling2D(keepdims=True),
            L.Permute((3, 1, 2)),
            L.Flatten(),
            L.Softmax(),
        ]
    )


def sequences() -> Any:
    return keras.Sequential(
        [
            keras.Input((12,), dtype="int32"),
            L.Embedding(20, 6, mask_zero=True),
            L.Masking(0.5),
            L.Bidirectional(
                L.GRU(3, return_sequences=True, dropout=0.1, reset_after=False), merge_mode="sum"
            ),
            L.SpatialDropout1D(0.1),
            L.LayerNormalization(),
            L.SimpleRNN(4, activation="relu", go_backwards=True),
            L.RepeatVector(9),
            L.LSTM(5, return_sequences=True, unroll=True, recurrent_activation="hard_sigmoid"),
            L.ZeroPadding1D((1, 2)),
            L.Conv1D(4, 3, padding="causal"),
            L.MaxPooling1D(2),
            L.UpSampling1D(2),
            L.Conv1DTranspose(4, 3, strides=2),
            L.AveragePooling1D(2),
            L.TimeDistributed(keras.Sequential([L.Dense(3), L.Activation("gelu")])),
            L.GlobalMaxPooling1D(),
        ]
    )


def noise() -> Any:
    return keras.Sequential(
        [
            keras.Input((6, 4)),
            L.GaussianNoise(0.1, seed=3),
            L.GaussianDropout(0.1),
            L.AlphaDropout(0.1),
            L.Dropout(0.1, noise_shape=(None, 1, 4), seed=1),
            L.GlobalAveragePooling1D(),
        ]
    )


def activations() -> Any:
    chosen = [
        keras.activations.relu, L.ReLU(), L.ReLU(max_value=6), L.LeakyReLU(0.3), L.ELU(), L.Softmax(),
        L.Activation("tanh"), keras.ops.tanh, tf.nn.relu, tf.nn.softmax, tf.nn.silu, tf.nn.leaky_relu,
        "swish", "gelu", "hard_silu", None,
    ]  # fmt: skip
    return keras.Sequential([keras.Input((4,)), *(L.Dense(4, activation=choice) for choice in chosen)])


def float64() -> Any:
    return keras.Sequential([keras.Input((4,), dtype="float64"), L.Dense(2, dtype="float64")])


def any_length() -> Any:
    return keras.Sequential([keras.Input((None, 3)), L.GRU(4), L.Dense(1)])


def unserialisable_training() -> Any:
    class Schedule(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> float:
            return 0.1

    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(2, kernel_initializer=_code("lambda shape, dtype=None: tf.ones(shape)"))]
    )
    model.compile(optimizer=keras.optimizers.Adam(Schedule()), loss="mse")
    return model


# Refused


class _Custom(L.Dense):  # type: ignore[misc]
    """A student's layer."""


class _Network(keras.Model):  # type: ignore[misc]
    """A student's model with the functional constructor."""


def refused_lambda() -> Any:
    return keras.Sequential([keras.Input((4,)), L.Lambda(_code("lambda x: x * 2"), name="double")])


def refused_lambda_path() -> Any:
    return keras.Sequential([keras.Input((4,)), L.Lambda(keras.ops.relu, name="rectify")])


def refused_custom_layer() -> Any:
    return keras.Sequential([keras.Input((4,)), _Custom(2, name="mine")])


def refused_subclass() -> Any:
    data = keras.Input((4,))
    return _Network(data, L.Dense(2)(data))


def refused_operation() -> Any:
    data = keras.Input((4,))
    return keras.Model(data, keras.ops.relu(L.Dense(2)(data)))


def refused_arithmetic() -> Any:
    data = keras.Input((4,))
    return keras.Model(data, L.Dense(2)(data) * 2.0)


def refused_mask() -> Any:
    words = keras.Input((5,), dtype="int32")
    return keras.Model(words, L.LSTM(3)(L.Embedding(4, 3, mask_zero=True)(words)))


def refused_activation() -> Any:
    return keras.Sequential([keras.Input((4,)), L.Dense(2, activation=_code("lambda x: x * 2"), name="d1")])


def refused_function() -> Any:
    def cube(x: Any) -> Any:
        return x**3

    return keras.Sequential([keras.Input((4,)), L.Dense(2, activation=cube, name="d1")])


def refused_unbuilt() -> Any:
    return keras.Sequential([L.Dense(2)], name="unbuilt")


def refused_precision() -> Any:
    return keras.Sequential([keras.Input((4,)), L.Dense(2, dtype="mixed_bfloat16", name="half")])


def refused_channels_first() -> Any:
    return keras.Sequential([keras.Input((3, 8, 8)), L.Flatten(data_format="channels_first", name="flat")])


def refused_attention() -> Any:
    data = keras.Input((4, 3))
    return keras.Model(data, L.MultiHeadAttention(1, 2, name="attend")(data, data))


def refused_name() -> Any:
    return keras.Sequential([keras.Input((4,)), L.Dense(2, name="my layer")])


BUILDERS = {
    name: build
    for name, build in list(globals().items())
    if callable(build) and getattr(build, "__module__", "") == __name__ and name.islower() and name[0] != "_"
}


def exported(model: Any) -> Any:
    """Return the model as the worker sends it, after JSON."""
    with patch.object(keras.Model, "get_compile_config", lambda self: {}):
        config = keras.saving.serialize_keras_object(model)
    return json.loads(json.dumps(config, default=lambda _: None))


def record() -> None:
    """Write what each model looks like."""
    for name, build in BUILDERS.items():
        keras.utils.clear_session()
        text = json.dumps(exported(build()), separators=(",", ":"))
        (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def round_trip(build: Any) -> str:
    """Return ``equal`` when the rebuilt model computes exactly what the original does."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    model = build()
    try:
        config = validate_model(exported(model))
    except RefusedModel as error:
        return f"refused: {error}"
    rebuilt = keras.saving.deserialize_keras_object(json.loads(config.to_json()), safe_mode=True)
    weights = [rng.uniform(0.05, 0.5, weight.shape).astype(weight.dtype) for weight in model.get_weights()]
    model.set_weights(weights)
    rebuilt.set_weights(weights)
    ends = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    inputs = keras.tree.map_structure(lambda tensor: _data(rng, tensor), ends)
    ours, theirs = (keras.tree.flatten(each(inputs)) for each in (rebuilt, model))
    same = len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))
    return "equal" if same and validate_model(exported(rebuilt)).layers == config.layers else "different"


def _data(rng: np.random.Generator, tensor: Any) -> Any:
    shape = [size or 2 for size in tensor.shape]
    return (rng.uniform(0, 4, shape)).astype(tensor.dtype)


if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        record()
    else:
        verdicts = {}
        for name_, build_ in BUILDERS.items():
            try:
                verdicts[name_] = round_trip(build_)
            except Exception as error:  # noqa: BLE001 - the verdict on one model, whatever it is
                verdicts[name_] = f"{type(error).__name__}: {error}"
        sys.stdout.write(json.dumps(verdicts))
