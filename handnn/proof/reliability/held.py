"""What strangers found broken, by number, and the tests that hold it since: they failed before it was mended.

Each entry: what is promised, and its tests as 'file::function' below tests/. tests/proof/test_reliability.py asserts
that they exist.
"""

from typing import NamedTuple


class Held(NamedTuple):
    """A promise, or a mistake planted in the source, and the tests that notice."""

    what: str
    tests: tuple[str, ...]


_CASES = "diagnosis/test_cases.py::test_verdicts_are_true"

PROMISES: dict[int, Held] = {
    1: Held(
        "`check_layer` compares weights of any name and in any container; what was not compared is never called right",
        (
            "diagnosis/test_unchecked.py::test_weights_of_any_name_are_compared",
            "diagnosis/user/test_reading.py::test_a_weight_without_a_gradient_is_unchecked",
            _CASES,
        ),
    ),
    2: Held(
        "a function is not its own derivative, and a derivative of any name is seen",
        (
            "diagnosis/test_unchecked.py::test_a_function_alone_is_not_its_own_derivative",
            "diagnosis/test_unchecked.py::test_a_derivative_under_any_name_is_seen",
            "diagnosis/user/test_reading.py::test_a_promise_without_a_partner_is_never_silent",
        ),
    ),
    3: Held(
        "no draw of data hides a mistake, such as an output ReLU whose slope is missing in a network of few units",
        ("diagnosis/test_small_networks.py::test_a_missing_slope_is_seen_in_every_shape",),
    ),
    4: Held(
        "options in a docstring are Python's literals; one line that cannot be read costs its own verdict only",
        (
            "diagnosis/user/test_reading.py::test_directives_are_python_literals",
            "diagnosis/user/test_reading.py::test_one_bad_line_costs_only_its_own_verdict",
            "diagnosis/user/test_reading.py::test_a_class_that_cannot_be_built_says_why",
            "diagnosis/test_unchecked.py::test_a_line_that_cannot_be_read_costs_its_own_verdict_only",
        ),
    ),
    5: Held(
        "correct networks are never called wrong, however extreme; without a finite allowance a tensor is open",
        (
            "verify/test_false_alarms.py::test_what_a_loss_of_keras_loses_is_allowed_end_to_end",
            "verify/test_false_alarms.py::test_what_an_activation_of_keras_loses_is_allowed_end_to_end",
            "verify/test_false_alarms.py::test_what_has_no_finite_allowance_is_open",
            "verify/test_false_alarms.py::test_lamb_whose_decay_takes_the_weights_away",
            "verify/test_false_alarms.py::test_an_optimizer_that_fails_in_keras_is_one_line",
            "proof/test_random.py::test_a_correct_network_is_verified",
            "proof/test_random.py::test_nothing_is_left_out_because_it_overflows",
        ),
    ),
    6: Held(
        "textbook code is right: other slopes, erf, constants of six digits, epsilons of the books, float32 inside",
        (
            _CASES,
            "diagnosis/test_activation.py::test_constants_as_they_are_written_are_right",
            "diagnosis/test_loss.py::test_epsilon_inside_the_logarithm",
            "diagnosis/user/test_reading.py::test_single_precision_is_noticed",
        ),
    ),
    7: Held(
        "optimizers with other published defaults are another convention, not wrong",
        (
            "diagnosis/test_optimizer.py::test_another_epsilon_in_another_place_is_another_convention",
            "diagnosis/test_published_optimizers.py::test_a_right_optimizer_is_never_called_wrong",
        ),
    ),
    8: Held(
        "a scalar db of one unit, either side of a kink, rounded constants are right; what changes its inputs, "
        "accumulates or builds itself is judged where it can be",
        (
            _CASES,
            "diagnosis/test_activation.py::test_another_choice_at_a_kink",
            "diagnosis/lines/test_lines_judge.py::test_rounded_constants_and_tiny_numbers_are_no_mistake",
            "diagnosis/user/test_reading.py::test_state_that_grows_and_generators_are_frozen",
        ),
    ),
    9: Held(
        "TensorBoard's drift is measured after both sides took the same step, once",
        (
            "verify/test_lockstep.py::test_drift_is_that_after_both_sides_took_the_step",
            "verify/test_lockstep.py::test_drift_between_checks_is_measured_at_the_end_of_an_epoch",
            "verify/test_lockstep.py::test_ctrl_c_between_the_two_steps_leaves_the_last_drift",
        ),
    ),
    10: Held(
        "a layer called on another rank counts its axes anew, or refuses as Keras does",
        (
            "layers/test_other_ranks.py::test_axes_from_the_end_are_counted_anew",
            "layers/test_other_ranks.py::test_the_layer_agrees_with_keras_on_another_rank",
            "layers/test_other_ranks.py::test_what_keras_refuses_is_refused",
        ),
    ),
    11: Held(
        "a resumed `fit` ends with the bits of one that was never stopped, also with averages of the weights",
        (
            "callbacks/test_resume.py::test_averages_at_the_end_of_fit_are_not_what_a_resumed_run_starts_from",
            "callbacks/test_resume.py::test_killed_runs_end_as_if_they_had_not_been",
            "faults/test_kills.py::test_kills_at_random_moments",
        ),
    ),
    12: Held(
        "training that diverges ends with a word on it, its logs, and exit status 3",
        (
            "cli/test_train.py::test_training_that_diverges_ends_with_a_word_on_it",
            "cli/test_train.py::test_training_that_diverges_on_both_sides_has_a_status_of_its_own",
        ),
    ),
    13: Held(
        "a disk, folder or pipe that fails is one line and exit status 2; of two runs in one folder one hears why not",
        (
            "faults/test_disks.py::test_a_disk_that_fails_from_one_write_on",
            "faults/test_disks.py::test_a_real_disk_that_fills_up",
            "faults/test_disks.py::test_a_log_folder_that_is_deleted_in_mid_run",
            "faults/test_pipes.py::test_a_reader_that_goes_away",
            "faults/test_two_runs.py::test_the_second_hears_why",
            "compare/test_results.py::test_the_second_of_two_plans_hears_what_differs",
        ),
    ),
    14: Held(
        "`check` returns in time from endless threads and prints; no file takes a gigabyte more than its network needs",
        (
            "diagnosis/user/test_isolation.py::test_files_that_misbehave_get_an_answer_in_time",
            "diagnosis/user/test_isolation.py::test_every_file_gets_an_answer_in_time",
            "saving/test_hostile_files.py::test_no_file_takes_more_than_a_gigabyte",
        ),
    ),
    15: Held(
        "Keras' models and optimizers are taken where a handnn one is; a formula may use an array's methods",
        (
            "verify/test_keras_models.py::test_a_keras_model_is_verified_and_left_as_it_is",
            "diagnosis/test_optimizer.py::test_a_keras_optimizer_is_a_reference",
            "rounding/test_array_methods.py::test_a_formula_edited_to_use_the_mean_is_verified",
        ),
    ),
    16: Held(
        "pages say what is so: families of mutants, names of tests, the oldest tensorboard that works",
        (
            "proof/test_mutants.py::test_the_right_function_comes_back",
            "test_docs_of_tests.py::test_tests_that_a_page_names_exist",
            "test_docs.py::test_the_readme_runs",
        ),
    ),
}

MISTAKES: dict[int, Held] = {
    1: Held(
        "sample weights of `fit` not shuffled with their samples",
        ("test_plumbing.py::test_sample_weights_go_with_their_samples",),
    ),
    2: Held(
        "compare chooses the epoch by test loss",
        (
            "compare/test_statistics.py::test_the_epoch_is_chosen_by_validation_and_the_target_is_its_first_crossing",
            "compare/test_statistics.py::test_choices_are_made_on_validation_data_and_reported_on_test_data",
        ),
    ),
    3: Held(
        "time to target from the last crossing",
        ("compare/test_statistics.py::test_the_epoch_is_chosen_by_validation_and_the_target_is_its_first_crossing",),
    ),
    4: Held(
        "the last, smaller batch weighted like a full one in an epoch's loss",
        ("verify/test_lockstep.py::test_the_epochs_loss_weighs_each_batch_by_its_samples",),
    ),
    5: Held(
        "SpatialDropout1D on the wrong axis",
        ("test_plumbing.py::test_spatial_dropout_drops_whole_columns_of_a_sample",),
    ),
    6: Held(
        "unbiased variance in BatchNormalization's moving average above 64 samples",
        ("test_plumbing.py::test_moving_averages_take_in_the_variance_of_the_population",),
    ),
    7: Held(
        "buffers shared between training and inference: dropout acts in `predict`",
        ("test_plumbing.py::test_dropout_is_at_work_in_training_alone",),
    ),
    8: Held("validation logged one step off", ("verify/test_lockstep.py::test_validation_is_logged_at_its_epoch",)),
    9: Held(
        "histograms of the first batch for ever",
        ("verify/test_lockstep.py::test_histograms_are_those_of_the_last_batch",),
    ),
    10: Held(
        "numbers computed once a step are stale after `set_weights`",
        (
            "test_plumbing.py::test_what_is_computed_once_a_step_follows_the_step_that_is_set",
            "test_plumbing.py::test_a_cache_of_the_same_step_count_is_dropped_by_set_weights",
        ),
    ),
    11: Held(
        "clipvalue changes the caller's gradients",
        ("test_plumbing.py::test_gradients_of_the_caller_are_left_as_they_are",),
    ),
    12: Held("only the first constraint is applied", ("test_plumbing.py::test_every_constraint_is_applied",)),
    13: Held("the allowance's lambda 80 for 8", ("test_plumbing.py::test_sums_are_allowed_what_lambda_8_gives",)),
    14: Held("ExponentialDecay one step on", ("test_plumbing.py::test_schedules_start_at_their_first_rate",)),
    15: Held(
        "CosineDecay's warm-up not subtracted",
        ("test_plumbing.py::test_the_cosine_begins_where_the_warm_up_ends",),
    ),
    16: Held(
        "BatchNormalization not moved by a batch of 1",
        ("test_plumbing.py::test_a_batch_of_one_moves_the_averages_in_fit",),
    ),
    17: Held(
        "too weak: uphill steps pass the test of weights that moved in memory, Muon that of written out steps",
        (
            "test_plumbing.py::test_weights_that_moved_are_moved_downhill",
            "verify/walkthrough/test_arithmetic.py::test_every_optimizer_is_written_out",
        ),
    ),
}
