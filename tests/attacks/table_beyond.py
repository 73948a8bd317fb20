"""Attacks that are not on the list, numbered on from it."""

from typing import Final

from attacks.attack import SMALL, STRUCTURE, Attack

_SPIED: Final = {"classifier_layers": "not_attempted"}

BEYOND: Final = (
    Attack("53_outlives_the_grader", (53, 32), gets=0, checks={"output_size": "timeout"}),
    Attack("54_local_sockets", (54,), checks=_SPIED, logs=("tried local sockets",)),
    Attack("55_slows_others_down", (55,), checks=_SPIED, logs=("tried to slow others down",)),
    Attack("56_reads_processes", (56,), checks=_SPIED, logs=("looked at",)),
    Attack("57_spoils_files", (57,), checks=_SPIED, logs=("tried to spoil files",)),
    Attack("58_watches_folders", (58,), checks=_SPIED, logs=("tried to watch folders",)),
    Attack("59_links", (59,), checks=_SPIED, logs=("tried links",)),
    Attack("60_unremovable_folders", (60,), checks={"classifier_layers": ("not_attempted", "crashed")}),
    Attack(
        "61_files_without_names",
        (61,),
        # What is over before the watchdog looks returns None; later calls are stopped.
        checks=dict.fromkeys(
            ("conv2d_example", "max_pool2d_example", "classifier_layers"),
            ("error", "crashed", "failed", "refused"),
        ),
    ),
    Attack(
        "62_fills_descriptors",
        (62,),
        checks={"conv2d_example": ("error", "crashed"), "max_pool2d_example": ("error", "crashed")},
    ),
    Attack("63_tiny_messages", (63,), checks={"conv2d_example": "refused", "max_pool2d_example": "refused"}),
    Attack(
        "64_half_a_message",
        (32, 64),
        checks={"classifier_layers": "timeout"},
        says=("waited for too long",),
    ),
    Attack(
        "65_forged_references",
        (65,),
        checks={"conv2d_example": "failed", "max_pool2d_example": "refused", "classifier_layers": "refused"},
    ),
    Attack(
        "66_huge_numbers",
        (66,),
        checks={"conv2d_example": "refused", "max_pool2d_example": "refused", "classifier_layers": "refused"},
    ),
    Attack("67_spoils_its_arguments", (67,), SMALL + 10),
    Attack(
        "68_deep_recursion",
        (68,),
        checks={
            "classifier_layers": ("crashed", "out_of_memory", "timeout", "error"),
            "max_pool2d_example": ("crashed", "out_of_memory", "timeout", "error"),
        },
    ),
    Attack(
        "69_signal_handlers", (69,), checks={"classifier_layers": "timeout", "max_pool2d_example": "crashed"}
    ),
    Attack("70_own_memory", (70,), checks={"max_pool2d_example": "not_attempted"}, logs=("looked at",)),
    Attack("71_writes_to_descriptors", (71,), gets=0, checks={"output_size": "refused"}),
    Attack("72_imports_the_grader", (72,), checks=_SPIED, logs=("tried to import the grader",)),
    Attack("73_patched_worker", (73,), gets=0),
    Attack("74_patched_model_class", (74,), checks={"classifier_layers": "refused"}),
    Attack("75_layers_in_disguise", (75,), STRUCTURE),
    Attack(
        "75_registered_layer", (75,), checks={"classifier_layers": "refused"}, says=("a class of your own",)
    ),
    Attack(
        "76_configuration_tricks",
        (76,),
        STRUCTURE,
        gets=SMALL,
        checks={"classifier_layers": ("timeout", "refused", "error")},
    ),
    Attack(
        "77_import_bomb",
        (77,),
        gets=0,
        checks={"output_size": ("out_of_memory", "timeout")},
        says=("importing cnn.py",),
    ),
    Attack(
        "80_exceptions_that_talk",
        (80,),
        checks={"conv2d_example": "error", "max_pool2d_example": "error", "classifier_layers": "timeout"},
    ),
    Attack(
        "80_exceptions_in_disguise",
        (80,),
        checks={
            "conv2d_example": ("error", "not_attempted"),
            "max_pool2d_example": "error",
            "classifier_layers": ("error", "refused"),
        },
    ),
    Attack("81_finalizers", (81,)),
    Attack(
        "82_endless_values",
        (82,),
        checks={
            "conv2d_example": "refused",
            "max_pool2d_example": ("refused", "error"),
            "classifier_layers": "refused",
        },
    ),
    Attack("82_endless_list", (82,), checks={"max_pool2d_example": ("timeout", "out_of_memory")}),
    Attack(
        "83_hostile_attributes",
        (83,),
        checks={
            "conv2d_example": "error",
            "max_pool2d_example": ("error", "refused"),
            "classifier_layers": "refused",
        },
    ),
    Attack("83_wild_pointer", (83,), checks={"conv2d_example": "crashed"}, says=("(signal 11)",)),
    Attack(
        "84_weights_that_are_no_numbers",
        (84,),
        STRUCTURE,
        gets=SMALL,
        checks={"classifier_layers": "refused"},
    ),
    Attack(
        "85_huge_weights",
        (85,),
        STRUCTURE,
        gets=SMALL,
        checks={"classifier_layers": "refused"},
        says=("finite outputs",),
    ),
    Attack(
        "86_giant_layer",
        (86,),
        checks={"classifier_layers": ("out_of_memory", "refused", "error", "timeout")},
    ),
    Attack("86_giant_claim", (86,), checks={"classifier_layers": "refused"}),
    Attack("87_missing_weights", (87,), STRUCTURE, gets=SMALL, checks={"classifier_layers": "refused"}),
    Attack("88_several_outputs", (88,), STRUCTURE, gets=SMALL, checks={"classifier_layers": "refused"}),
    Attack("88_named_outputs", (88,), STRUCTURE, checks={"training_reaches_accuracy": ("refused", "failed")}),
    Attack(
        "88_outputs_of_another_rank",
        (88,),
        STRUCTURE,
        checks={"training_reaches_accuracy": ("refused", "failed")},
    ),
    Attack(
        "88_outputs_broadcast", (88,), STRUCTURE, checks={"training_reaches_accuracy": ("refused", "failed")}
    ),
    Attack("89_leaves_messages", (89,), checks=_SPIED, logs=("tried to leave messages",)),
    Attack("90_terminal", (90,), checks=_SPIED, logs=("tried the terminal",)),
    Attack(
        "91_kernel_surfaces",
        (91,),
        checks={**_SPIED, "max_pool2d_example": "crashed"},
        logs=("tried the kernel",),
    ),
    Attack("92_wants_more_rights", (92,), checks=_SPIED, logs=("tried to get rights",)),
    Attack("93_many_names", (93,), checks={"conv2d_example": "error"}),
    Attack("94_traces_itself", (94,)),
    Attack(
        "95_closes_descriptors", (95,), checks={"conv2d_example": "crashed", "max_pool2d_example": "refused"}
    ),
    Attack(
        "96_odd_text",
        (96,),
        checks={"conv2d_example": "error", "max_pool2d_example": "failed", "classifier_layers": "refused"},
    ),
    Attack("97_large_values", (97,), checks={"conv2d_example": "failed", "max_pool2d_example": "failed"}),
    Attack("98_its_own_limits", (98,)),
    Attack("99_stops_itself", (99,), checks={"classifier_layers": ("not_attempted", "timeout")}),
    Attack("100_odd_process_name", (100,), checks=_SPIED, logs=("tried odd names",)),
    Attack(
        "101_leaves_its_main_thread",
        (101,),
        checks={"max_pool2d_example": "crashed", "classifier_layers": ("out_of_memory", "crashed")},
        says=("its memory could not be measured any more",),
    ),
    Attack("102_file_attributes", (102,), checks=_SPIED, logs=("tried attributes",)),
    Attack(
        "103_odd_file_names",
        (103,),
        checks={"conv2d_example": ("error", "crashed"), "max_pool2d_example": ("error", "crashed")},
    ),
)
