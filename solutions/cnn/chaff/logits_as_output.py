"""Wrong: the last layer has no softmax, so the outputs are logits.

The loss knows that, so it trains well, and the largest logit is at the right class.

Fails: classifier_gives_probabilities, training_lowers_the_loss
"""

from keras import layers


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    inputs = x = keras.Input(shape=input_shape)
    for i, filters in enumerate([16, 32, 64], 1):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{i}")(x)
        if i < 3:
            x = layers.MaxPooling2D(name=f"pool{i}")(x)
    x = layers.GlobalMaxPooling2D(name="global_pool")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(num_classes, name="probabilities")(x)
    return keras.Model(inputs=inputs, outputs=x)


def train_classifier(model, images, labels, *, epochs, batch_size, seed):
    keras.utils.set_random_seed(seed)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer="adam",
        metrics=["accuracy"],
    )
    h = model.fit(images, labels, batch_size, epochs, verbose=0)
    return [float(loss) for loss in h.history["loss"]]
