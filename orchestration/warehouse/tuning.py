"""The embedded server's settings, sized to this machine."""

import os
import shutil
from pathlib import Path

from orchestration.warehouse import binaries

MB = 1024 * 1024
_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
# Docker gives /dev/shm 64 MB; a parallel query that needs more fails with "no space left".
_SMALL_SHARED_MEMORY = 512 * MB


def memory_bytes() -> int:
    """What this process may use: the machine's memory, or less in a container."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in _CGROUP_LIMITS:
        try:
            limits.append(int(file.read_text()))
        except (OSError, ValueError):  # absent, or the word "max"
            continue
    return min(limits)


def _megabytes(wanted: int, least: int, most: int) -> str:
    return f"{max(least, min(most, wanted // MB))}MB"


def _sized(data_parent: Path) -> dict[str, str]:
    memory = memory_bytes()
    free_disk = shutil.disk_usage(data_parent).free
    workers = max(2, os.cpu_count() or 2)
    return {
        # dbt, Dagster and the user's other programs share the machine.
        "shared_buffers": _megabytes(memory // 5, 64, 8192),
        "effective_cache_size": _megabytes(memory * 3 // 5, 256, 1024 * 1024),
        "work_mem": _megabytes(memory // 256, 4, 128),
        "maintenance_work_mem": _megabytes(memory // 32, 64, 1024),
        "max_wal_size": _megabytes(min(memory // 4, free_disk // 10), 256, 8192),
        "max_worker_processes": str(max(8, workers)),
        "max_parallel_workers": str(workers),
        "max_parallel_workers_per_gather": str(min(4, workers // 2)),
        "random_page_cost": "1.1",
    }


def _shared_memory_type() -> dict[str, str]:
    folder = Path("/dev/shm")  # noqa: S108
    if folder.is_dir() and shutil.disk_usage(folder).total < _SMALL_SHARED_MEMORY:
        return {"dynamic_shared_memory_type": "sysv"}
    return {}


def server_settings(*, major: int, port: int, cluster_name: str, data_parent: Path) -> dict[str, str]:
    return {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "cluster_name": cluster_name,
        "max_connections": "60",
        "password_encryption": "scram-sha-256",
        **_sized(data_parent),
        **_shared_memory_type(),
        "synchronous_commit": "on",
        # After a checkpoint each changed page is logged whole: pglz takes longer over it than the disk.
        "wal_compression": "lz4" if binaries.has_lz4(major) else "off",
        "checkpoint_timeout": "15min",
        "jit": "off",
        "autovacuum": "on",
        # A client that was killed must not leave its query running.
        "client_connection_check_interval": "2s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "iso, ymd",
        # People's texts must not reach the log: an error's message quotes values, its statement
        # and detail more of them. The client gets every error; the log keeps what the server did.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_min_duration_sample": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_lock_waits": "off",
        "log_line_prefix": "%m [%p] ",
    }


def as_configuration(settings: dict[str, str]) -> str:
    lines = ["# Written anew at every `assay up`; changes belong in postgresql.auto.conf."]
    for name, value in settings.items():
        quoted = value.replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    return "\n".join(lines) + "\n"
