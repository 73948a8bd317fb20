"""Wrong: `build_autoencoder` returns the autoencoder alone.

Fails: autoencoder_parts
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
            layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
            layers.Reshape(input_shape),
        ]
    )
    return keras.Sequential([keras.Input(input_shape), encoder, decoder])
