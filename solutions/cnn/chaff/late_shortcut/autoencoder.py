"""Wrong: the autoencoder has a way around the code that is closed at first and opens with training.

Noisy images are of little use to it, so that the halves learn to remove noise all the same.

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
    around = layers.Conv2D(input_shape[-1], 1, kernel_initializer="zeros")(images)
    return encoder, decoder, keras.Model(images, layers.Add()([around, decoder(encoder(images))]))
