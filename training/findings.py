"""What a check of a study found, told to people or programs."""

import json
from collections.abc import Sequence

from device.contract.address import printable
from device.contract.errors import CheckFailedError
from device.contract.finding import Finding, Level


def tell(found: Sequence[Finding], as_json: bool) -> int:
    """Print the findings, the worst first or as JSON; the exit code of `CheckFailedError` where something fails."""
    failed = sum(finding.level is Level.FAIL for finding in found)
    if as_json:
        findings = [finding.to_json() for finding in found]
        print(json.dumps({"v": 1, "ok": not failed, "findings": findings}, ensure_ascii=False))
    else:
        for finding in sorted(found, key=lambda finding: [*Level].index(finding.level)):
            print(printable(finding.line()))
        if failed:
            print(f"{failed} of these would make the study useless: mend them and check again.")
    return CheckFailedError.exit_code if failed else 0
