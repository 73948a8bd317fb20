"""Wrong: the decoder's last layer has no activation, so it draws values of any size.

Fails: decoder_draws_images
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
            layers.Dense(int(np.prod(input_shape))),
            layers.Reshape(input_shape),
        ]
    )
    return encoder, decoder, keras.Sequential([keras.Input(input_shape), encoder, decoder])
