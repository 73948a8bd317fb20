"""Searches with a pattern that takes for ever, while it is imported. Nothing of a student's is read
outside a jail.
"""

import re

re.match("(a|a)*(a|aa)*$", "a" * 60 + "!")


def conv_output_size(input_size, kernel_size, stride=1, padding=0):
    return (input_size + 2 * padding - kernel_size) // stride + 1
