"""Measures of another process, as the system keeps them, and of many short waits."""

import os
import statistics
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, in user and kernel."""
    # The program's name may hold spaces and brackets; what is counted follows it.
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def memory_mb(pid: int) -> float:
    """The most memory it has held so far."""
    return status_mb(pid, "VmHWM:")


def resident_mb(pid: int) -> float:
    """The memory it holds now."""
    return status_mb(pid, "VmRSS:")


def status_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent stay under."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
