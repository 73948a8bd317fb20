"""Wrong: the code is always zero, and so the decoder always draws the same.

Fails: autoencoder_training_lowers_the_error, reconstruction_beats_linear_codes
"""


def build_autoencoder(input_shape=(28, 28, 1), latent_size=16):
    layers = keras.layers
    encoder = keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(latent_size),
            layers.Rescaling(0.0),
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
    return encoder, decoder, keras.Sequential([keras.Input(input_shape), encoder, decoder])
