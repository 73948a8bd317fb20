"""The attacks of the list that are one Python file each."""

from typing import Final

from attacks.archives import copy_of_another, shipped_weights, weights_beside
from attacks.attack import SMALL, STRUCTURE, Attack

LISTED: Final = (
    Attack("01_sys_exit", (1,), checks={"conv2d_example": "error"}, says=("conv2d raised SystemExit",)),
    Attack(
        "02_os_exit", (2,), checks={"conv2d_example": "crashed"}, says=("(exit code 0) instead of returning",)
    ),
    Attack(
        "03_exit_at_import", (3,), gets=0, checks={"output_size": "crashed"}, says=("importing cnn.py ended",)
    ),
    Attack(
        "03_sys_exit_at_import", (3,), gets=0, checks={"output_size": "error"}, says=("raised SystemExit",)
    ),
    Attack("04_atexit_forgery", (4,)),
    Attack(
        "05_patched_pytest",
        (5,),
        checks={"conv2d_example": "error", "conv2d_values": "error", "max_pool2d_values": "error"},
        says=("conv2d raised Skipped", "max_pool2d raised Exit"),
    ),
    Attack("06_patched_comparisons", (6,), checks={"conv2d_example": "failed", "conv2d_values": "failed"}),
    Attack("07_patched_keras", (7,), STRUCTURE, checks={"training_reaches_accuracy": "failed"}),
    Attack("11_plants_modules", (9, 11)),
    Attack("12_reads_secrets", (12,), checks={"classifier_layers": "not_attempted"}, logs=("looked at",)),
    Attack("13_expected_values", (13,), checks={"classifier_layers": "not_attempted"}, logs=("looked at",)),
    Attack(
        "14_always_equal",
        (14,),
        0,
        checks={"output_size": "failed", "conv2d_example": "refused"},
        says=("an object of type Liar",),
    ),
    Attack("15_array_subclass", (15,), checks={"conv2d_example": "failed", "conv2d_values": "failed"}),
    Attack(
        "16_object_arrays",
        (16,),
        checks={"conv2d_example": "refused", "max_pool2d_example": "refused"},
        says=("an array of type object",),
    ),
    Attack("17_pickle_payload", (17,), checks={"conv2d_example": "refused", "max_pool2d_example": "refused"}),
    Attack(
        "18_lying_types",
        (18,),
        checks={"conv2d_example": ("refused", "failed"), "max_pool2d_example": "failed"},
    ),
    Attack(
        "19_forks_and_stays",
        (19, 37),
        checks={"classifier_layers": "not_attempted", "max_pool2d_example": "error"},
        says=("max_pool2d raised PermissionError",),
        logs=("tried to fork",),
    ),
    Attack("20_new_session", (20,)),
    Attack("21_threads_stay", (21,)),
    Attack("22_network", (22,), checks={"classifier_layers": "not_attempted"}, logs=("tried the network",)),
    Attack("23_talks_too_much", (23,), checks={"conv2d_example": "error", "max_pool2d_example": "failed"}),
    Attack(
        "24_writes_grades",
        (24,),
        checks={"classifier_layers": "not_attempted"},
        logs=("tried to write grades",),
    ),
    Attack("25_forged_results", (25,), gets=0, checks={"output_size": ("failed", "refused")}),
    Attack(
        "26_claims_to_have_passed",
        (26,),
        checks={"conv2d_example": "failed", "max_pool2d_example": "refused", "classifier_layers": "crashed"},
        says=("max_pool2d sent a message without step and outcome",),
    ),
    Attack(
        "27_kills_and_traces", (27,), checks={"classifier_layers": "not_attempted"}, logs=("tried to kill",)
    ),
    Attack(
        "28_control_socket",
        (28,),
        checks={"classifier_layers": "not_attempted"},
        logs=("tried the control socket",),
    ),
    Attack(
        "31_floods_output", (31,), checks={"conv2d_example": "crashed"}, says=("printed more than 64 MB",)
    ),
    Attack("31_floods_results", (31,), checks={"conv2d_example": "refused", "max_pool2d_example": "refused"}),
    Attack(
        "32_endless_loop", (32,), checks={"classifier_layers": "timeout"}, says=("because it computed for",)
    ),
    Attack("33_ignores_signals", (33,), checks={"classifier_layers": "timeout"}),
    Attack(
        "34_memory",
        (34,),
        checks={
            "max_pool2d_example": ("out_of_memory", "timeout"),
            "classifier_layers": ("out_of_memory", "timeout"),
        },
    ),
    Attack(
        "35_hidden_memory",
        (35,),
        checks={"classifier_layers": "not_attempted"},
        logs=("tried hidden memory",),
    ),
    Attack(
        "36_fills_the_disk",
        (36,),
        checks={"conv2d_example": ("error", "crashed"), "max_pool2d_example": ("error", "crashed")},
    ),
    Attack(
        "37_threads_and_forks",
        (37,),
        checks={"conv2d_example": "error", "max_pool2d_example": ("error", "crashed")},
        says=("conv2d raised PermissionError",),
    ),
    Attack("38_lambda_layer", (38,), checks={"classifier_layers": "refused"}, says=("it carries code",)),
    Attack(
        "38_forged_configuration",
        (38,),
        checks={"classifier_layers": "refused", "classifier_other_sizes": "skipped"},
    ),
    Attack(
        "40_not_a_number",
        (40,),
        STRUCTURE,
        checks={"training_lowers_the_loss": "failed", "training_returns_losses": "skipped"},
    ),
    Attack(
        "41_hidden_split", (41,), checks={"classifier_layers": "not_attempted"}, logs=("places for data",)
    ),
    Attack(
        "42_ships_weights", (42,), STRUCTURE, checks={"classifier_layers": "passed"}, lay_down=shipped_weights
    ),
    Attack(
        "42_weights_beside",
        (42,),
        STRUCTURE,
        checks={"training_reaches_accuracy": "error"},
        says=("train_classifier raised FileNotFoundError",),
        lay_down=weights_beside,
    ),
    Attack("43_downloads_weights", (43,), STRUCTURE, checks={"training_reaches_accuracy": "error"}),
    Attack(
        "44_gives_back_its_inputs",
        (44,),
        STRUCTURE,
        checks={"feature_maps": "failed"},
        waits_for="the GAN homework",
    ),
    Attack(
        "45_knows_the_examples",
        (45,),
        deserves=6,
        checks={"output_size": "failed", "conv2d_values": "failed", "max_pool2d_values": "failed"},
    ),
    Attack("46_detects_grading", (46,), checks={"max_pool2d_example": "not_attempted"}, logs=("looked at",)),
    Attack("47_fakes_its_history", (47,), STRUCTURE, checks={"training_reaches_accuracy": "failed"}),
    Attack("48_overrides_methods", (48,), STRUCTURE, checks={"classifier_is_nonlinear": "passed"}),
    Attack("48_subclass", (48,), checks={"classifier_layers": "refused"}),
    Attack("49_copies", (49,), lay_down=copy_of_another),
    Attack(
        "50_escapes",
        (50,),
        checks={"conv2d_example": "error", "max_pool2d_example": "failed", "classifier_layers": "refused"},
    ),
    Attack("51_slow_regex", (51,), gets=0, checks={"output_size": "timeout"}),
    Attack("51_huge_constant", (51,), gets=0, checks={"output_size": ("timeout", "out_of_memory")}),
    Attack("52_gambles", (52,), SMALL, checks={"conv2d_example": "error"}),
)
