"""`affectbox-cloud report --database`: what several databases hold together."""

import httpx
import pytest

from cloud.report import same_in_database
from device.contract.errors import DataError
from device.contract.record import key


def record(seq):
    return {
        "v": 1, "device": "box-1", "boot": "0123abcd-0000000001", "seq": seq, "status": "gated",
        "reasons": ["no_face"], "time": {"mono": seq / 10, "wall": 1.7e9, "trusted": True}, "frame": {"index": seq},
    }  # fmt: skip


RECORDS = [record(seq) for seq in range(1, 21)]


@pytest.fixture
def databases(server, request):
    return [f"{server.url}/?ns={request.node.name}-{number}" for number in range(3)]


def keep(url, records):
    httpx.patch(url.replace("/?", "/.json?"), json={key(record): record for record in records}).raise_for_status()


def test_a_box_that_moved_is_found_in_both_databases_and_nothing_counts_twice(databases):
    own, former, never = databases
    keep(former, RECORDS[:12])
    keep(own, RECORDS[10:])
    assert same_in_database(RECORDS, ",".join(databases)) == 20
    assert same_in_database(RECORDS, own) == 10
    assert same_in_database(RECORDS, never) == 0


def test_an_altered_record_is_not_the_same(databases):
    keep(databases[0], RECORDS[:10])
    keep(databases[0], [RECORDS[0] | {"reasons": ["too_dark"]}])
    assert same_in_database(RECORDS, ",".join(databases)) == 9


def test_while_records_are_missing_every_database_is_asked_and_a_silent_one_is_an_error(databases):
    keep(databases[0], RECORDS[1:])
    with pytest.raises(DataError, match="does not answer"):
        same_in_database(RECORDS, f"{databases[0]},http://127.0.0.1:9?ns=x")
