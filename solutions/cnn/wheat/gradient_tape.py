"""Unlike the reference: an own training step on logits, a schedule and tf.data; numpy in single precision."""

import keras
import numpy as np
import tensorflow as tf
from keras.layers import Activation, Conv2D, Dense, Dropout, GlobalMaxPool2D, Input, MaxPool2D


def conv_output_size(input_size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Move the kernel until it sticks out."""
    position, count = -padding, 0
    while position + kernel_size <= input_size + padding:
        position += stride
        count += 1
    return count


def conv2d(
    images: np.ndarray, kernels: np.ndarray, biases: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Take one pixel of the kernel after the other, with einsum over the channels."""
    n, height, width, channels = images.shape
    kh, kw, _, filters = kernels.shape
    rows = conv_output_size(height, kh, stride, padding)
    columns = conv_output_size(width, kw, stride, padding)

    side = np.zeros((n, height, padding, channels), dtype=np.float32)
    wide = np.concatenate([side, images.astype(np.float32), side], axis=2)
    bar = np.zeros((n, padding, width + 2 * padding, channels), dtype=np.float32)
    padded = np.concatenate([bar, wide, bar], axis=1)

    output = np.empty((n, rows, columns, filters), dtype=np.float32)
    output[...] = biases
    for u, v in np.ndindex(kh, kw):
        seen = padded[:, u::stride, v::stride][:, :rows, :columns]
        output += np.einsum("nijc,cf->nijf", seen, kernels[u, v].astype(np.float32))
    return output


def max_pool2d(images: np.ndarray, pool_size: int = 2, stride: int | None = None) -> np.ndarray:
    """Keep the larger one of what is there and the next shift."""
    step = pool_size if stride is None else stride
    rows, columns = (conv_output_size(size, pool_size, step) for size in images.shape[1:3])
    best = np.full((images.shape[0], rows, columns, images.shape[3]), -np.inf)
    for u, v in np.ndindex(pool_size, pool_size):
        np.maximum(best, images[:, u::step, v::step][:, :rows, :columns], out=best)
    return best


def build_classifier(input_shape: tuple[int, int, int] = (28, 28, 1), num_classes: int = 10) -> keras.Model:
    """Chain the layers; the softmax is the last one."""
    inputs = Input(shape=input_shape, name="image")
    x = Conv2D(16, 3, padding="same", activation="relu", kernel_initializer="he_normal", name="conv1")(inputs)
    x = MaxPool2D(2, padding="same", name="pool1")(x)
    x = Conv2D(32, 3, padding="same", activation="relu", kernel_initializer="he_normal", name="conv2")(x)
    x = MaxPool2D(2, padding="same", name="pool2")(x)
    x = Conv2D(64, 3, padding="same", activation="relu", kernel_initializer="he_normal", name="conv3")(x)
    x = Dropout(0.2, name="dropout")(GlobalMaxPool2D(name="global_pool")(x))
    logits = Dense(num_classes, name="logits")(x)
    return keras.Model(inputs, Activation("softmax", name="probabilities")(logits))


def train_classifier(
    model: keras.Model, images: np.ndarray, labels: np.ndarray, *, epochs: int, batch_size: int, seed: int
) -> list[float]:
    """Leave out the softmax while training: the loss is computed from logits."""
    tf.random.set_seed(seed)
    with_logits = keras.Model(model.input, model.get_layer("logits").output)
    batches = tf.data.Dataset.from_tensor_slices((images, labels.astype("int64")))
    batches = batches.shuffle(len(images), seed=seed).batch(batch_size)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, decay_steps=epochs * len(batches), alpha=0.1)
    optimizer = keras.optimizers.Adam(rate)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = loss_of(y, with_logits(x, training=True))
        gradients = tape.gradient(loss, with_logits.trainable_variables)
        optimizer.apply_gradients(zip(gradients, with_logits.trainable_variables, strict=True))
        return loss

    return [np.mean([step(x, y).numpy() for x, y in batches]) for _ in range(epochs)]


def feature_maps(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Run the model up to each layer except the first, which is the input."""
    return {
        layer.name: keras.Model(model.input, layer.output)(images, training=False).numpy()
        for layer in model.layers[1:]
    }
