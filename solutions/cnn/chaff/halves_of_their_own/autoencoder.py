"""Wrong: encoder and decoder do not share their layers with the autoencoder.

The autoencoder learns, and its halves stay as they were.

Fails: autoencoder_is_both_halves, autoencoder_training_lowers_the_error, reconstruction_beats_linear_codes
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
    whole = keras.Sequential(
        [keras.Input(input_shape), keras.models.clone_model(encoder), keras.models.clone_model(decoder)]
    )
    return encoder, decoder, whole
