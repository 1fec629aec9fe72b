"""`affectbox atypicality`: what is said of recorded sessions, and of which it does not look at any."""

import pytest

from device.cli import main
from device.contract.errors import ConfigError, DataError, ModelError, StorageError
from tests.behaviour import behaviour, event, watched
from tests.device.asked import asked_by
from tests.movement_bundles import EVIDENCE, movement_bundle

FIRST, SECOND = "0123abcd-0000000001", "0123abcd-0000000002"
COVERED = {"covers": ["atypicality", "units"], "by": "guardian", "given": 1e9, "age": "6-12"}


def held(number, patient="p-017", consent=COVERED, seconds=10, ended="stopped", lopsided=1.5):
    """The lines of a session of a face that is up to `lopsided` higher on the left."""
    begun = event(1, "began", 0, patient, number, **({"consent": consent} if consent else {}))
    records = watched(behaviour(seconds), 8, session=number)
    for at, record in enumerate(records):
        record["aus"] |= {"AU12": 2.0}
        record |= {"left": {"AU12": 1.0 + lopsided * (at >= len(records) / 2)}, "right": {"AU12": 1.0}}
    return [begun, *records, event(2, "ended", seconds, patient, number, why=ended)]


@pytest.fixture
def asked(tmp_path, capsys):
    """Called with documents and arguments: exit code, lines and what was said."""
    movement_bundle(tmp_path / "bundles")
    return asked_by("atypicality", "moves-1.0.0", tmp_path, capsys)


def test_it_prints_what_is_said_of_each_window_and_what_it_rests_on(asked):
    code, told, said = asked(held(FIRST))
    assert code == 0
    assert [one["atypicality"]["rating"] for one in told] == pytest.approx([1, 1, 1.75, 2.5], abs=0.16)
    assert {(one["session"], one["patient"], one["models"]["atypicality"]) for one in told} == {
        (FIRST, "p-017", "moves-1.0.0")
    }
    assert [one["seq"] for one in told] == sorted(one["seq"] for one in told)
    assert said == (
        f"Session {FIRST} of p-017: rating 1.56 (of 1 to 5) in the mean of 4 windows of 2 s; 1 of them above 2.00, "
        "which 95 of 100 windows of 21 typical people do not exceed. It rests on 33 simulated people, 6-12 or 13-17 "
        "years old (simulated children, nobody). This is no diagnosis.\n"
    )


def test_of_one_person_only_their_sessions_are_told(asked):
    lines = [*held(FIRST), *held(SECOND, "p-018")]
    assert {one["patient"] for one in asked(lines)[1]} == {"p-017", "p-018"}
    assert {one["patient"] for one in asked(lines, "--patient", "p-018")[1]} == {"p-018"}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (held(FIRST, consent=None), "nobody recorded a consent"),
        (held(FIRST)[1:-1], "nobody recorded a consent"),
        (held(FIRST, consent=COVERED | {"covers": ["units"]}), "the consent does not cover it"),
        (held(FIRST, consent=COVERED | {"covers": ["atypicality"]}), "the consent does not cover it"),
        (held(FIRST, consent={k: v for k, v in COVERED.items() if k != "age"}), "the consent says no age"),
        (held(FIRST, consent=COVERED | {"age": "65-up"}), "nobody of this age is in the bundle's evidence"),
        (held(FIRST, ended="revoked"), "the consent was withdrawn"),
        (held(FIRST, ended="expired"), "the consent ended"),
        ([*held(FIRST), event(999_999, "ended", 99, session=FIRST, why="revoked")], "the consent was withdrawn"),
        (held(FIRST, seconds=1), "no window of it was measured well enough, to its end"),
        (held(FIRST)[::-1], "no window of it was measured well enough, to its end"),
    ],
    ids=[
        "none",
        "cut",
        "not this",
        "only this",
        "ageless",
        "old",
        "revoked",
        "expired",
        "later",
        "short",
        "backwards",
    ],
)
def test_who_may_not_be_compared_is_not_and_the_others_are(asked, lines, why):
    code, told, said = asked([*lines, *held(SECOND, "p-018")])
    assert code == DataError.exit_code
    assert {one["session"] for one in told} == {SECOND}
    assert f"Not compared: {FIRST} ({why}). Needed is a consent that covers atypicality, units" in said


def test_only_while_the_consent_covers_it(asked):
    session = held(FIRST)
    narrowed = event(2, "consent", 4.5, session=FIRST, consent=COVERED | {"covers": ["units"]})
    at = next(n for n, one in enumerate(session) if one["time"]["mono"] >= narrowed["time"]["mono"])
    code, told, _ = asked([*session[:at], narrowed, *session[at:]])
    assert code == 0 and len(told) == 2


def test_another_age_later_on_takes_away_what_was_said(asked):
    session = held(FIRST)
    other = event(2, "consent", 4.5, session=FIRST, consent=COVERED | {"age": "65-up"})
    at = next(n for n, one in enumerate(session) if one["time"]["mono"] >= other["time"]["mono"])
    code, told, said = asked([*session[:at], other, *session[at:]])
    assert (code, told) == (DataError.exit_code, [])
    assert "nobody of this age is in the bundle's evidence" in said


def test_lines_that_are_no_records_are_said_and_the_others_are_looked_at(asked):
    code, told, said = asked([b"{", *held(FIRST)])
    assert (code, len(told)) == (DataError.exit_code, 4)
    assert "1 lines of" in said


def test_what_is_lacking_is_one_sentence(asked, tmp_path, capsys):
    assert "holds no session of p-099" in asked(held(FIRST), "--patient", "p-099")[2]
    assert asked(held(FIRST), "--bundle", "other-1.0.0")[0] == ModelError.exit_code
    own = ["--set", f'models.folders=["{tmp_path / "bundles"}"]', "--set", "models.allow_unsigned=true"]
    assert main(["atypicality", str(tmp_path), "--bundle", "moves-1.0.0", *own]) == StorageError.exit_code
    assert main(["atypicality", str(tmp_path / "sessions.jsonl"), *own]) == ConfigError.exit_code
    assert "No bundle that compares with other people is named: say which with --bundle" in capsys.readouterr().err
    assert (
        main(["atypicality", str(tmp_path / "sessions.jsonl"), *own, "--set", "atypicality.bundle=moves-1.0.0"]) == 0
    )


def test_what_its_evidence_does_not_carry_is_said_first(asked, tmp_path):
    evidence = type(EVIDENCE)(**vars(EVIDENCE) | {"supported": False, "unsupported": ("The mean does as well.",)})
    movement_bundle(tmp_path / "bundles", evidence=evidence, version="2.0.0")
    _, _, said = asked(held(FIRST), "--bundle", "moves-2.0.0")
    assert "p-017: NOT SUPPORTED BY ITS EVIDENCE: The mean does as well. All the same: rating" in said
