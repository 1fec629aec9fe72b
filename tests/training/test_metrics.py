import numpy as np
import pytest

from training.metrics import accuracy, calibration_error, compare, fit_temperature, report, softmax


@pytest.fixture
def calibrated():
    """Logits whose softmax is the true distribution of the answers."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (20_000, 4)).astype(np.float32)
    answers = (softmax(logits).cumsum(axis=1) < rng.random((len(logits), 1))).sum(axis=1)
    return logits, np.minimum(answers, 3)


def test_faces_without_an_answer_are_skipped():
    logits = np.eye(3, dtype=np.float32)

    assert accuracy(logits, np.array([0, 1, 1])) == pytest.approx(2 / 3)
    assert accuracy(logits, np.array([0, 1, -1])) == 1.0


def test_temperature_undoes_overconfidence(calibrated):
    logits, answers = calibrated

    temperature = fit_temperature(logits * 2.5, answers)

    assert temperature == pytest.approx(2.5, rel=0.05)
    assert calibration_error(softmax(logits * 2.5), answers) > 0.08
    assert calibration_error(softmax(logits * 2.5, temperature), answers) < 0.015


def test_compare_reports_rounding_by_class():
    exact = np.array([[2, 0], [2, 0], [0, 2], [0.1, 0]], np.float32)
    rounded = np.array([[2, 0], [2, 0], [0, 1.5], [0, 0.1]], np.float32)

    figures = compare(exact, rounded, np.array([0, 1, 1, -1]), ("yes", "no"))

    assert figures["faces"] == 3
    assert figures["agreement"] == 0.75
    assert figures["logit_error_max"] == 0.5
    assert figures["accuracy"] == figures["accuracy_float"] == 0.6667
    assert figures["accuracy_per_class"] == {"yes": 1.0, "no": 0.5}
    assert figures["faces_per_class"] == {"yes": 1, "no": 2}


def test_report_of_a_small_table_done_by_hand():
    answered, right = [0, 0, 1, 1, 1], np.array([0, 1, 1, 1, -1])
    found = report(np.eye(3, dtype=np.float32)[answered], right, ("yes", "no", "never"))

    assert found["faces"] == 4
    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == 0.8333  # (1 + 2/3) / 2: the class without a face does not count
    assert found["classes"]["yes"] == {"faces": 1, "precision": 0.5, "recall": 1.0, "f1": 0.6667}
    assert found["classes"]["no"] == {"faces": 3, "precision": 1.0, "recall": 0.6667, "f1": 0.8}
    assert found["classes"]["never"] == {"faces": 0, "precision": None, "recall": None, "f1": None}
    assert found["confusion"] == [[1, 0, 0], [1, 2, 0], [0, 0, 0]]
    assert found["ece"] == 0.25


def test_a_class_without_faces_has_no_accuracy():
    logits = np.array([[2, 0]], np.float32)

    assert compare(logits, logits, np.array([0]), ("yes", "no"))["accuracy_per_class"]["no"] is None
