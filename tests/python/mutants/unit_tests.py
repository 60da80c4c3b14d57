"""Runs dbt's unit tests in a tree and prints their results: python unit_tests.py URL TARGET NAME..."""

import json
import sys
from pathlib import Path

from dbt.cli.main import dbtRunner

from orchestration.warehouse.build import dbt_session, paths_args


def main(url: str, target: str, *names: str) -> None:
    with dbt_session(url):
        args = ["test", "--select", *names, *paths_args(Path(target)), "--log-level", "none"]
        ran = dbtRunner().invoke(args)
    results = {
        one.node.name: [str(one.status), str(one.message or "")]
        for one in getattr(ran.result, "results", None) or []
    }
    print(json.dumps({"problem": str(ran.exception or ""), "results": results}))


if __name__ == "__main__":
    main(*sys.argv[1:])
