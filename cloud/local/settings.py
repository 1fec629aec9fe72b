"""`/.settings/rules.json`: the rules in force, for who is above them to read and to replace.

They are one set for all namespaces. Replacing them lasts until the database stops: the file of `--rules` stays.

Source: Firebase, "Manage Security Rules", https://firebase.google.com/docs/database/rest/app-management.
"""

from typing import Any

from starlette.requests import Request

from cloud.local.asker import is_owner
from cloud.local.body import parse_json, read_body
from cloud.local.evaluation import Rules
from cloud.local.tree import RequestError

RULES_ADDRESS = "/.settings/rules.json"


async def answer_rules(request: Request, rules: Rules) -> Any:
    """The JSON answer to a GET or a PUT.

    Raises:
        RequestError: not the owner, another method, or rules that Firebase would not take.
        ClientDisconnect: the client went away before the end.
    """
    if not is_owner(request):
        raise RequestError("Permission denied", 401)
    if request.method == "PUT":
        rules.replace(parse_json(await read_body(request)))
        return {"status": "ok"}
    if request.method == "GET":
        return rules.source()
    raise RequestError(f"Method {request.method} is not allowed", 405)
