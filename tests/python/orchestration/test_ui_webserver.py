"""The UI answers its own pages and programs on this machine, and no page of anybody else's."""

import http.client
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from operator_world import until
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from orchestration.settings import PROJECT_DIR
from orchestration.ui.supervisor import Supervisor

_ASK = "/graphql?query=%7Bversion%7D"
_JSON = {"Content-Type": "application/json"}
_NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}
_FOREIGN = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of the webserver as the supervisor starts it, without code to show."""
    home = tmp_path_factory.mktemp("dagster")
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        port = int(attempt.getsockname()[1])
    with _webserver(home, port) as process:
        try:
            until(lambda: _status(port, "GET", "/server_info") == 200, "the webserver answers")
            yield port
        finally:
            process.terminate()


def _webserver(home: Path, port: int) -> subprocess.Popen[bytes]:
    child = next(one for one in Supervisor({}, home, port, print).commands() if one.name == "webserver")
    environment = os.environ | {"DAGSTER_HOME": str(home), "ASSAY_UI_NAMES": "dag.example,"}
    return subprocess.Popen(child.command, cwd=PROJECT_DIR, env=environment)


def _status(port: int, method: str, path: str, body: str | None = None, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _own(port: int, host: str = "127.0.0.1") -> dict[str, str]:
    return {
        "Host": f"{host}:{port}",
        "Origin": f"http://{host}:{port}",
        "Sec-Fetch-Site": "same-origin",
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_its_own_pages_are_answered(port: int, host: str) -> None:
    """Prevents a guard that shuts the operator out."""
    own = _own(port, host)
    assert _status(port, "POST", "/graphql", '{"query": "{version}"}', **own, **_JSON) == 200
    fetched = {"Host": own["Host"], "Sec-Fetch-Site": "same-origin"}
    for path in ("/", "/runs", "/graphql"):
        typed = {"Host": own["Host"], "Sec-Fetch-Site": "none"}
        assert _status(port, "GET", path, **typed, **_NAVIGATES) == 200
    assert _status(port, "GET", _ASK, **fetched) == 200
    assert _websocket(port, f"http://{host}:{port}", host) == '{"type":"connection_ack"}'


@pytest.mark.parametrize("host", ["dag.example", "127.0.0.1"])
def test_the_pages_of_a_proxy_that_the_operator_names_are_answered(port: int, host: str) -> None:
    """Whether or not the proxy hands on its own name."""
    proxied = {"Host": host, "Origin": "https://dag.example", "Sec-Fetch-Site": "same-origin"}
    assert _status(port, "POST", "/graphql", '{"query": "{version}"}', **proxied, **_JSON) == 200
    assert _status(port, "GET", _ASK, Host=host, **_FOREIGN, Accept="image/*") == 403


def test_programs_of_this_machine_are_answered(port: int) -> None:
    """They name no page that they come from."""
    assert _status(port, "POST", "/graphql", '{"query": "{version}"}', **_JSON) == 200
    assert _websocket(port, None) == '{"type":"connection_ack"}'


def test_a_link_from_another_page_opens_a_page(port: int) -> None:
    """Prevents a bookmark in a wiki that shows a refusal."""
    assert _status(port, "GET", "/runs", **_FOREIGN, **_NAVIGATES) == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", ""])
def test_a_foreign_name_for_this_machine_is_refused(port: int, host: str) -> None:
    """Prevents a page whose name leads here from reading runs and logs (DNS rebinding)."""
    assert _status(port, "GET", "/server_info", Host=host) == 400
    origin = f"http://{host}"
    posted = _status(
        port, "POST", "/graphql", '{"query": "{version}"}', Host=host, Origin=origin, **_JSON
    )
    assert posted == 400


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://[", ""]
)
def test_a_foreign_page_may_not_post(port: int, origin: str) -> None:
    """Prevents any page that is open in a browser from starting runs: these need no preflight."""
    assert _status(port, "POST", _ASK, "", Origin=origin, **{"Content-Type": "text/plain"}) == 403
    assert _status(port, "POST", "/report_asset_materialization/a", "{}", Origin=origin) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "not-yet-known"])
def test_a_foreign_page_may_not_fetch(port: int, site: str) -> None:
    """Prevents an image or a frame whose address is a mutation, and logs read as scripts."""
    image = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Accept": "image/*"}
    frame = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Accept": "text/html"}
    by = {"Sec-Fetch-Site": site}
    assert _status(port, "GET", _ASK, **by, **image) == 403
    assert _status(port, "GET", "/server_info", **by, **image) == 403
    assert _status(port, "GET", "/runs", **by, **frame) == 403
    assert _status(port, "GET", _ASK, **by, **_NAVIGATES) == 403
    assert _status(port, "POST", "/runs", "", **by, **_NAVIGATES) == 403


def test_a_browser_that_says_nothing_may_not_ask_by_an_address(port: int) -> None:
    """Prevents an image whose address is a mutation where a browser sends no Sec-Fetch-Site."""
    assert _status(port, "GET", _ASK, Accept="image/*") == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_foreign_page_opens_no_websocket(port: int, origin: str) -> None:
    """Prevents subscriptions by any page: browsers ask no leave for a websocket."""
    with pytest.raises(InvalidStatus) as refused:
        _websocket(port, origin)
    assert refused.value.response.status_code == 403


def test_a_foreign_name_opens_no_websocket(port: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        _websocket(port, f"http://evil.example:{port}", "evil.example")
    assert refused.value.response.status_code == 400


def _websocket(port: int, origin: str | None, host: str = "127.0.0.1") -> str:
    """What the server says to a hello."""
    with (
        socket.create_connection(("127.0.0.1", port)) as opened,
        connect(
            f"ws://{host}:{port}/graphql",
            sock=opened,
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol("graphql-ws")],
        ) as websocket,
    ):
        websocket.send('{"type": "connection_init"}')
        return str(websocket.recv(timeout=30))
