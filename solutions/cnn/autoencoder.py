"""Autoencoders: networks that squeeze an image through a few numbers and draw it again.

Images are arrays of shape (N, H, W, C) with values from 0 (paper) to 1 (ink).
"""

import keras
import numpy as np


def add_noise(images: np.ndarray, noise_factor: float, seed: int) -> np.ndarray:
    """Return noisy copies of images.

    Every value gets a random number of its own from a normal distribution with mean 0 and standard deviation
    ``noise_factor``. What then lies outside [0, 1] is set to the nearer end.

    Hint: ``np.random.default_rng(seed)`` is a source of random numbers that nothing else can disturb. What is
    the shape of the noise?

    Args:
        images: (N, H, W, C) in [0, 1]; they stay as they are.
        noise_factor: standard deviation of the noise, 0 or more.
        seed: the same seed gives the same noise, another seed other noise.

    Returns:
        (N, H, W, C) in [0, 1].
    """
    ### BEGIN SOLUTION
    noise = np.random.default_rng(seed).normal(size=images.shape)
    return np.clip(images + noise_factor * noise, 0, 1).astype("float32")
    ### END SOLUTION


def build_autoencoder(
    input_shape: tuple[int, int, int] = (28, 28, 1), latent_size: int = 16
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Build a network of two halves: an encoder, and a decoder that undoes what the encoder does.

    The code between them has ``latent_size`` numbers for each image, and nothing else goes from one half to
    the other. Which layers you use on either side is up to you: dense ones are enough, convolutions and
    transposed convolutions do well. Use Keras's built-in layers only.

    Hint: build the two halves first. A model can be called like a layer, or put into a ``keras.Sequential``
    like one, and then shares its weights with the larger network: what trains the whole trains the halves.

    Args:
        input_shape: (H, W, C) of one image; H and W are multiples of 4.
        latent_size: how many numbers the code has.

    Returns:
        Three ``keras.Model``: the encoder, from images (N, H, W, C) to codes (N, latent_size); the decoder,
        from codes to images (N, H, W, C) with values in [0, 1]; and the autoencoder, which is the decoder
        applied to what the encoder gives, with the same weights.
    """
    ### BEGIN SOLUTION
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(latent_size),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(256, activation="relu"),
            layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
            layers.Reshape(input_shape),
        ],
        name="decoder",
    )
    return encoder, decoder, keras.Sequential([keras.Input(input_shape), encoder, decoder])
    ### END SOLUTION


def train_autoencoder(
    autoencoder: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    seed: int,
) -> list[float]:
    """Train an autoencoder in place: from each input it has to draw the target.

    With ``targets`` equal to ``inputs`` it learns to describe images in a few numbers. With noisy inputs and
    clean targets it learns to remove noise.

    Hint: set all seeds first, then compile, then fit. A target is an image, and a loss compares two images
    pixel by pixel: the mean squared error, or the binary cross-entropy, which takes each pixel for the
    probability of ink.

    Args:
        autoencoder: as `build_autoencoder` returns it.
        inputs: (N, H, W, C) float32 in [0, 1].
        targets: (N, H, W, C) float32 in [0, 1], one for each input.
        epochs: how many times to go through all images.
        batch_size: images per step of the optimizer.
        seed: seed of everything random. The same seed gives the same training.

    Returns:
        A list of ``epochs`` floats: the mean training loss of every epoch.
    """
    ### BEGIN SOLUTION
    keras.utils.set_random_seed(seed)
    autoencoder.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mean_squared_error")
    history = autoencoder.fit(inputs, targets, epochs=epochs, batch_size=batch_size, verbose=0)
    return history.history["loss"]
    ### END SOLUTION
