"""Wrong: the discriminator gives a column for each of two classes.

Fails: discriminator_gives_logits
"""


def build_discriminator(image_shape=(28, 28, 1)):
    model = keras.Sequential([keras.Input(image_shape), layers.Flatten()])
    for units in (256, 128):
        model.add(layers.Dense(units))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(2))
    return model
