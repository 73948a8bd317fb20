"""Wrong: the decoder draws 28 × 28 pixels, whatever it is asked for.

Fails: autoencoder_other_sizes
"""


def build_autoencoder(input_shape=(28, 28, 1), latent_size=16):
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(latent_size),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(256, activation="relu"),
            layers.Dense(784, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ]
    )
    return encoder, decoder, keras.Sequential([keras.Input(input_shape), encoder, decoder])
