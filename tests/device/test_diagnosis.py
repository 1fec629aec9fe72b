"""`affectbox diagnosis`: what a bundle says of sessions that were recorded, and of which it does not look at any."""

import json

import pytest

from device.cli import main
from device.contract import session
from device.contract.errors import ConfigError, DataError, ModelError, StorageError
from device.contract.fields import encode
from tests.behaviour import behaviour, event, watched
from tests.device.asked import asked_by
from tests.support_bundles import EVIDENCE, support_bundle

FIRST, SECOND = "0123abcd-0000000001", "0123abcd-0000000002"
ORDER = "its records do not all stand between its beginning and its end: give the file as the box wrote it"
COVERED = {"covers": ["diagnosis", "expressions", "units"], "by": "patient", "given": 1e9}


def held(number, patient="p-017", consent=COVERED, seconds=40, ended="stopped"):
    """The lines of a session in which nobody smiles."""
    begun = event(1, "began", 0, patient, number, **({"consent": consent} if consent else {}))
    records = watched(behaviour(seconds), 8, session=number)
    for record in records:
        record["aus"] |= {"AU12": 0.0, "AU6": 0.5}
    return [begun, *records, event(2, "ended", seconds, patient, number, why=ended)]


@pytest.fixture
def asked(tmp_path, capsys):
    """Called with documents and arguments: exit code, events and what was said."""
    support_bundle(tmp_path / "bundles")
    return asked_by("diagnosis", "simulated-1.0.0", tmp_path, capsys)


def test_it_prints_the_event_and_says_it_in_words_with_what_it_rests_on(asked):
    code, (told,), said = asked(held(FIRST))
    session.validate(told)
    assert code == 0
    assert (told["event"], told["patient"], told["session"], told["number"]) == ("support", "p-017", FIRST, 3)
    assert told["support"]["g2"] == {
        "name": "mdd",
        "n": 50,
        "held": 0.82,
        "possible": True,
        "probability": pytest.approx(1, abs=0.03),
    }
    assert told["support"]["simulated"] is True
    assert said == (
        f"Session {FIRST} of p-017: only mdd is not ruled out (of control, mdd). This is no diagnosis. "
        "It rests on 120 simulated people at 2 sites (simulated adults, nobody). "
        "Of those of them for whom one group was left, it was the right one for 81 of 100 (70 to 90).\n"
    )


def test_of_one_person_only_their_sessions_are_told(asked):
    lines = [*held(FIRST), *held(SECOND, "p-018", seconds=10)]
    _, both, _ = asked(lines)
    code, (told,), said = asked(lines, "--patient", "p-018")
    assert [one["patient"] for one in both] == ["p-017", "p-018"]
    assert (code, told["session"], told["support"]["why"]) == (0, SECOND, ["short"])
    assert "no answer: too little time was recorded. This is no diagnosis." in said
    assert "81 of 100" not in said


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (held(FIRST, consent=None), "nobody recorded a consent"),
        (held(FIRST)[1:-1], "nobody recorded a consent"),
        (
            held(FIRST, consent=COVERED | {"covers": ["expressions", "units"]}),
            "the consent does not cover diagnosis",
        ),
        (held(FIRST, consent=COVERED | {"covers": ["diagnosis"]}), "the consent does not cover expressions, units"),
        (held(FIRST, ended="revoked"), "the consent was withdrawn"),
        (held(FIRST, ended="expired"), "the consent ended"),
        (held(FIRST)[::-1], ORDER),
        ([held(FIRST)[0], held(FIRST)[-1], *held(FIRST)[1:-1]], ORDER),
        ([*held(FIRST), event(999_999, "ended", 99, session=FIRST, why="revoked")], "the consent was withdrawn"),
        (
            [
                *held(FIRST)[:-1],
                event(2, "consent", 9, session=FIRST, consent=COVERED | {"covers": ["units"]}),
                event(3, "consent", 10, session=FIRST, consent=COVERED),
            ],
            "the consent does not cover diagnosis, expressions",
        ),
    ],
    ids=[
        "none",
        "cut out",
        "not this",
        "only this",
        "revoked",
        "expired",
        "backwards",
        "events first",
        "revoked later",
        "narrowed for a while",
    ],
)
def test_what_the_consent_does_not_cover_is_not_looked_at_and_the_others_are(asked, lines, why):
    code, told, said = asked([*lines, *held(SECOND, "p-018")])
    assert code == DataError.exit_code
    assert [one["session"] for one in told] == [SECOND]
    assert f"Not looked at: {FIRST} ({why}). Needed is a consent that covers diagnosis, expressions, units." in said
    assert FIRST not in said.splitlines()[0]


def test_lines_that_are_no_records_are_said_and_the_others_are_looked_at(asked):
    code, told, said = asked([b"{", *held(FIRST)])
    assert (code, len(told)) == (DataError.exit_code, 1)
    assert "1 lines of" in said
    assert "(first: line 1: Not a record" in said


def test_a_person_of_whom_there_is_no_session_is_said(asked):
    code, told, said = asked(held(FIRST), "--patient", "p-099")
    assert (code, told) == (DataError.exit_code, [])
    assert "holds no session of p-099: name another file or person." in said


def test_the_bundle_may_be_that_of_the_settings(tmp_path, asked, capsys):
    file = tmp_path / "one.jsonl"
    file.write_bytes(b"".join(encode(one) + b"\n" for one in held(FIRST)))
    own = ["--set", f'models.folders=["{tmp_path / "bundles"}"]', "--set", "models.allow_unsigned=true"]
    assert main(["diagnosis", str(file), *own]) == ConfigError.exit_code
    assert "No bundle for diagnosis support is named: say which with --bundle" in capsys.readouterr().err
    assert main(["diagnosis", str(file), *own, "--set", "diagnosis.bundle=simulated-1.0.0"]) == 0
    assert json.loads(capsys.readouterr().out)["support"]["bundle"] == "simulated-1.0.0"


def test_without_the_bundle_or_the_file_there_is_one_sentence(asked, tmp_path, capsys):
    assert asked(held(FIRST), "--bundle", "other-1.0.0")[0] == ModelError.exit_code
    own = ["--set", f'models.folders=["{tmp_path / "bundles"}"]', "--set", "models.allow_unsigned=true"]
    assert main(["diagnosis", str(tmp_path), "--bundle", "simulated-1.0.0", *own]) == StorageError.exit_code
    assert "is no file but a folder" in capsys.readouterr().err
    assert asked(held(FIRST), "--set", "models.allow_unsigned=false")[0] == ModelError.exit_code


def test_what_its_evidence_does_not_carry_is_said_in_large(asked, tmp_path):
    evidence = EVIDENCE.to_json() | {"supported": False, "unsupported": ["It is no better than age alone."]}
    support_bundle(tmp_path / "bundles", evidence=evidence | {"sites": 1}, version="2.0.0")
    _, (told,), said = asked(held(FIRST), "--bundle", "simulated-2.0.0")
    assert told["support"]["supported"] is False
    warning, _, rest = said.partition("NOT SUPPORTED BY ITS EVIDENCE: It is no better than age alone. All the same: ")
    assert rest and not any(group in warning for group in ("control", "mdd"))
    assert "people at one site" in rest and "81 of 100" not in rest
