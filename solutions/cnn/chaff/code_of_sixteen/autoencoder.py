"""Wrong: `build_autoencoder` has 16 numbers in its code, whatever it is asked for.

Fails: autoencoder_other_sizes
"""


def build_autoencoder(input_shape=(28, 28, 1), latent_size=16):
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(16),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(256, activation="relu"),
            layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
            layers.Reshape(input_shape),
        ]
    )
    return encoder, decoder, keras.Sequential([keras.Input(input_shape), encoder, decoder])
