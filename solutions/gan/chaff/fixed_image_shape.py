"""Wrong: both networks are always for images of 28 by 28.

Fails: generator_makes_images, discriminator_gives_logits
"""


def build_generator(latent_dim=100, image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input((latent_dim,))])
    for units in (32, 128, 256):
        model.add(layers.Dense(units, use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(784, activation="tanh"))
    model.add(layers.Reshape((28, 28, 1)))
    return model


def build_discriminator(image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten()])
    for units in (256, 128):
        model.add(layers.Dense(units))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(1))
    return model
