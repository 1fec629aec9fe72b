"""`affectbox-cloud load`: real records, honest counts, losses found."""

import asyncio
import json

import httpx
import pytest

from cloud.cli import main
from cloud.load.fleet import Findings, Tally, make_fleet, read_back, send
from cloud.load.processor import Share
from cloud.load.records import batch, simulated
from cloud.load.result import Result, percentile
from device.contract.errors import CheckFailedError, DataError
from device.contract.record import decode, encode, key
from tests.peers import Raw, says

SHARE = {"database": 0.1, "database_waited": 0, "generator": 0.1, "generator_waited": 0, "others": 0, "cores": 2}


@pytest.fixture
def url(server, request):
    return f"{server.url}?ns={request.node.name}"


def loaded(url, boxes=3, records=4):
    """A fleet that has sent one batch a box."""
    fleet = make_fleet(boxes, url, "load-1", records)
    tally = asyncio.run(send(fleet, 1))
    return fleet, tally


def test_a_batch_holds_valid_records_by_their_keys():
    body = json.loads(batch("load-00001", "load-1", 11, 10))
    records = [decode(json.dumps(record)) for record in body.values()]
    assert [record["seq"] for record in records] == list(range(11, 21))
    assert list(body) == [key(record) for record in records]
    assert encode(records[0]) == encode(simulated("load-00001", "load-1", 11, 10))
    assert encode(records[0]) != encode(simulated("load-00001", "load-1", 12, 10))
    assert 700 < len(encode(records[0])) < 1100, "the README's record has 821 bytes"


def test_everything_acknowledged_is_there_byte_for_byte(url):
    fleet, tally = loaded(url)
    accepted = len(tally.latencies_s)
    assert (tally.due, tally.failures, accepted) == (3, {}, sum(len(box.acknowledged) for box in fleet))
    assert asyncio.run(read_back(fleet, 3)) == Findings(4 * accepted, 0, 4 * accepted, 0)
    assert asyncio.run(read_back(fleet, 1)).found == 4 * accepted


def test_a_lost_and_an_altered_record_are_found(url):
    fleet, tally = loaded(url)
    written = 4 * len(tally.latencies_s)
    place = url.partition("?")[0] + fleet[0].path
    namespace = {"ns": url.partition("=")[2]}
    httpx.delete(f"{place}/s000000001.json", params=namespace)
    httpx.patch(f"{place}/s000000002/pose.json", params=namespace, json={"yaw": 89.5})
    assert asyncio.run(read_back(fleet, 3)) == Findings(written - 1, 1, written - 1, 1)


def test_refusals_and_silence_are_failures_and_no_record_counts():
    refusal = Raw(says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"))
    refusing = make_fleet(1, f"http://{refusal.host}?ns=x", "load-1", 1)
    tally = asyncio.run(send(refusing, 1))
    assert [what[:3] for what in tally.failures] == ["400"]
    silent = make_fleet(1, "http://127.0.0.1:9?ns=x", "load-1", 1)
    assert asyncio.run(send(silent, 1)).failures == {"ConnectionRefusedError": 1}
    with pytest.raises(DataError, match="nothing is proven"):
        asyncio.run(read_back(silent, 1))


def test_the_command_with_a_database_of_its_own(capsys):
    assert main(["load", "--boxes", "2", "--seconds", "1", "--records", "3", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["due_batches"] == 2
    assert figures["read_back"]["found"] == 3 * figures["accepted_batches"]
    assert set(figures["latency"]) == {"p50_ms", "p95_ms", "p99_ms"}


def test_the_command_says_all_of_it_in_words(url, capsys):
    assert main(["load", "--boxes", "1", "--seconds", "1", "--url", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == "Fleet Accepted Latency Failures Read Limit".split()
    assert lines[-1].endswith("not known for a database that runs elsewhere")


def test_a_loss_is_an_exit_code(url, monkeypatch, capsys):
    async def forgetful(fleet, sample):
        return Findings(found=9, lost=1, compared=0, altered=0)

    monkeypatch.setattr("cloud.load.command.read_back", forgetful)
    assert main(["load", "--boxes", "1", "--seconds", "1", "--url", url]) == CheckFailedError.exit_code
    assert "does not hold what it acknowledged" in capsys.readouterr().err


def test_percentiles():
    values = [float(number) for number in range(100, 0, -1)]
    assert [percentile(values, percent) for percent in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert (percentile([7.0], 50), percentile([], 99)) == (7.0, 0.0)


@pytest.mark.parametrize(
    ("used", "late", "limit"),
    [
        ({}, False, "none was met"),
        ({"database": 0.97, "others": 1.0}, True, "the database"),
        ({"generator": 0.97}, True, "the load generator"),
        ({"database": 0.2, "database_waited": 0.75, "others": 1.7}, True, "the machine"),
        ({"generator": 0.2, "generator_waited": 0.75}, True, "the machine"),
        ({"database": 0.2, "others": 1.8}, True, "the disk"),
    ],
)
def test_the_limit_is_named(used, late, limit):
    tally = Tally(due=1, latencies_s=[1.5 if late else 0.5])
    result = Result(1, 1, 2.0, tally, Findings(1, 0, 1, 0), Share(**SHARE | used))
    assert result.limit().startswith(limit)
