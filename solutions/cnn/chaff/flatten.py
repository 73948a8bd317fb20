"""Wrong: the last maps are flattened instead of pooled, so each place has weights of its own.

Fails: classifier_layers
"""


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    model = keras.Sequential()
    model.add(keras.layers.Input(input_shape))
    model.add(keras.layers.Conv2D(16, (3, 3), activation="relu", padding="same", name="conv1"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool1"))
    model.add(keras.layers.Conv2D(32, (3, 3), activation="relu", padding="same", name="conv2"))
    model.add(keras.layers.MaxPooling2D((2, 2), name="pool2"))
    model.add(keras.layers.Conv2D(64, (3, 3), activation="relu", padding="same", name="conv3"))
    model.add(keras.layers.Flatten(name="global_pool"))
    model.add(keras.layers.Dropout(0.2, name="dropout"))
    model.add(keras.layers.Dense(num_classes, activation="softmax", name="probabilities"))
    return model
