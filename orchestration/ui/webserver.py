"""Dagster's webserver for its own pages and for programs of this machine: no other page drives it.

As it comes, it asks for no password and no origin, so that any page open in the operator's browser
could start runs, and read runs and logs under a name of its own that leads here.
"""

import os
from typing import Any

from dagster_webserver import cli
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

# By which a proxy of the operator's serves it, one that asks people who they are.
_NAMES = [name for name in os.environ.get("ASSAY_UI_NAMES", "").split(",") if name]
_HOSTS = ["127.0.0.1", "localhost", *_NAMES]
_OPENS_A_PAGE = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
_GRAPHQL = "/graphql"


class OwnPages:
    """Browsers say where a request comes from; programs say nothing, and are answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and _is_foreign(scope):
            refusal = PlainTextResponse("Only pages of this server may ask it.", status_code=403)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        place = origin.partition("://")[2]
        return place != headers.get("host") and place.partition(":")[0] not in _NAMES
    if site is None:
        return _asks_by_address(scope, headers)
    return site not in ("same-origin", "none") and not _follows_a_link(scope, headers)


def _asks_by_address(scope: Scope, headers: Headers) -> bool:
    """Not every browser says where an image comes from whose address is a mutation. Whoever wants HTML
    gets a page to ask with, and whoever asks by POST names an origin."""
    return (
        scope["path"] == _GRAPHQL
        and scope.get("method") == "GET"
        and "text/html" not in headers.get("accept", "")
    )


def _follows_a_link(scope: Scope, headers: Headers) -> bool:
    """What is opened that way, the page that it comes from cannot read."""
    return (
        scope.get("method") == "GET"
        and scope["path"] != _GRAPHQL
        and all(headers.get(name) == value for name, value in _OPENS_A_PAGE.items())
    )


def _make_guarded(*args: Any, **kwargs: Any) -> Starlette:
    app = create_app_from_workspace_process_context(*args, **kwargs)
    app.add_middleware(OwnPages)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS, www_redirect=False)
    return app


if __name__ == "__main__":
    # Where its command looks the app up: everything else stays as Dagster means it.
    cli.create_app_from_workspace_process_context = _make_guarded  # type: ignore[attr-defined]
    cli.main()  # type: ignore[no-untyped-call]
