"""The harness itself: what is written inside outlives a power cut, and never reaches this machine."""

from pathlib import Path

import pytest

from tests.systemd.container import Container, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


def test_a_container_boots_twice_and_keeps_its_files_to_itself(tmp_path: Path) -> None:
    with Container(tmp_path) as container:
        container.boot()
        container.run("sh", "-c", "echo kept > /etc/affectbox-was-here")
        container.cut_the_power()
        container.boot()
        assert container.run("cat", "/etc/affectbox-was-here") == "kept\n"
        assert container.path("/etc/affectbox-was-here").read_text() == "kept\n"
        assert "lo" in container.run("cat", "/proc/net/dev")
        assert "eth0" not in container.run("cat", "/proc/net/dev")
    assert not Path("/etc/affectbox-was-here").exists()
