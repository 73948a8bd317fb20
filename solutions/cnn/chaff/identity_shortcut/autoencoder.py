"""Wrong: the autoencoder has a way around the code: it adds its input to what the decoder draws.

The whole looks wonderful, and the halves have learned nothing.

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
    images = keras.Input(input_shape)
    drawn = layers.Add()([images, decoder(encoder(images))])
    return encoder, decoder, keras.Model(images, drawn)
