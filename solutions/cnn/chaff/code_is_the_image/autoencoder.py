"""Wrong: the code is the image itself, as a row.

Fails: autoencoder_parts
"""


def build_autoencoder(input_shape=(28, 28, 1), latent_size=16):
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
        ]
    )
    decoder = keras.Sequential(
        [
            keras.Input((int(np.prod(input_shape)),)),
            layers.Dense(256, activation="relu"),
            layers.Dense(int(np.prod(input_shape)), activation="sigmoid"),
            layers.Reshape(input_shape),
        ]
    )
    return encoder, decoder, keras.Sequential([keras.Input(input_shape), encoder, decoder])
