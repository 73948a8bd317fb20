"""Wrong: the convolutions of `build_classifier` have no activation, so they stay linear.

Layer names, output shapes and parameter count are as asked, and everything else is right. It even trains as
well as the reference, because max pooling is not linear either: only negative feature maps give it away.

Fails: classifier_is_nonlinear
"""


def build_classifier(input_shape=(28, 28, 1), num_classes=10):
    return keras.Sequential(
        [
            keras.layers.Input(shape=input_shape),
            keras.layers.Conv2D(16, (3, 3), padding="same", name="conv1"),
            keras.layers.MaxPooling2D((2, 2), name="pool1"),
            keras.layers.Conv2D(32, (3, 3), padding="same", name="conv2"),
            keras.layers.MaxPooling2D((2, 2), name="pool2"),
            keras.layers.Conv2D(64, (3, 3), padding="same", name="conv3"),
            keras.layers.GlobalMaxPooling2D(name="global_pool"),
            keras.layers.Dropout(0.2, name="dropout"),
            keras.layers.Dense(num_classes, activation="softmax", name="probabilities"),
        ]
    )
