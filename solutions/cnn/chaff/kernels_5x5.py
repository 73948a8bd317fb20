"""Wrong: the kernels are 5 × 5.

Padding keeps every output shape as it should be; only the number of parameters is another one.

Fails: classifier_parameters
"""

from keras import layers


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    inputs = x = keras.Input(shape=input_shape)
    for i, filters in enumerate([16, 32, 64], 1):
        x = layers.Conv2D(filters, 5, padding="same", activation="relu", name=f"conv{i}")(x)
        if i < 3:
            x = layers.MaxPooling2D(name=f"pool{i}")(x)
    x = layers.GlobalMaxPooling2D(name="global_pool")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(num_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(inputs=inputs, outputs=x)
