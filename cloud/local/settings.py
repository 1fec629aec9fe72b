"""Settings, for who is above the rules.

    GET PUT  /.settings/rules.json    the rules in force, one set for all namespaces. Replacing them lasts until the
                                      database stops: the file of `--rules` stays
    GET      /.settings/store.json    {"folder": …, "namespaces": […]}: where it is, and those that hold something
    PUT      the same                 {"compact": true}: write the file anew, so that nothing deleted is left in it;
                                      the database answers nobody meanwhile

Source: Firebase, "Manage Security Rules", https://firebase.google.com/docs/database/rest/app-management.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from cloud.local.asker import is_owner
from cloud.local.body import parse_json, read_body
from cloud.local.commits import GroupCommit
from cloud.local.evaluation import Rules
from cloud.local.store import Store
from cloud.local.tree import RequestError

RULES_ADDRESS = "/.settings/rules.json"
STORE_ADDRESS = "/.settings/store.json"


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


async def answer_store(request: Request, store: Store, commits: GroupCommit) -> Any:
    """The JSON answer to a GET or a PUT.

    Raises:
        RequestError: not the owner, another method, or another wish.
        ClientDisconnect: the client went away before the end.
        sqlite3.Error: the file cannot be written anew.
    """
    if not is_owner(request):
        raise RequestError("Permission denied", 401)
    if request.method == "GET":
        return {"folder": str(store.folder), "namespaces": store.namespaces()}
    if request.method != "PUT":
        raise RequestError(f"Method {request.method} is not allowed", 405)
    wish = parse_json(await read_body(request))
    if not isinstance(wish, Mapping) or dict(wish) != {"compact": True}:
        raise RequestError('The store is asked for {"compact": true} and nothing else.')
    await commits.idle()
    store.compact()
    return {"status": "ok"}
