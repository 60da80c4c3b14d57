"""Runs a command in a network that holds nothing but this machine, and says whether it wanted to leave.

    python alone.py COMMAND ...

The kernel is asked, not the command: it counts what it could not send, whoever tried and in whatever
language, also where the error was swallowed. Status 9 when there was any; else the command's.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

LEFT = 9
_SIOCSIFFLAGS, _UP, _RUNNING = 0x8914, 0x1, 0x40
# Packets without a way out, and datagrams to nobody, as to a resolver that does not run here.
_COUNTERS = {"Ip": ("OutNoRoutes",), "Ip6": ("OutNoRoutes",), "Udp": ("NoPorts",), "Udp6": ("NoPorts",)}


def command(*words: str) -> list[str]:
    """How to start this for a command, as root or not."""
    mapped = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", "--net", *mapped, sys.executable, __file__, *words]


def refused() -> dict[str, int]:
    found: dict[str, int] = {}
    for four in _pairs(Path("/proc/self/net/snmp").read_text().splitlines()):
        found |= four
    for line in Path("/proc/self/net/snmp6").read_text().splitlines():
        name, count = line.split()
        found[name] = int(count)
    wanted = [f"{protocol}{name}" for protocol, names in _COUNTERS.items() for name in names]
    return {name: found[name] for name in wanted if found.get(name)}


def _pairs(lines: list[str]) -> list[dict[str, int]]:
    pairs = []
    for names, counts in zip(lines[::2], lines[1::2], strict=True):
        protocol = names.split(":")[0]
        pairs.append(
            {
                f"{protocol}{name}": int(count)
                for name, count in zip(names.split()[1:], counts.split()[1:], strict=True)
            }
        )
    return pairs


def main() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.pack("16sh14x", b"lo", _UP | _RUNNING)
        fcntl.ioctl(control, _SIOCSIFFLAGS, flags)
    status = subprocess.run(sys.argv[1:]).returncode
    if left := refused():
        print("It wanted to leave this machine:", left, file=sys.stderr)
        return LEFT
    return status


if __name__ == "__main__":
    sys.exit(main())
