"""Limits: what the operating system lets this process have."""

import resource


def allow_many_files() -> int:
    """Raise the soft limit of open files to the hard one; returns it.

    A large fleet is probed over hundreds of sockets at once, and many systems begin with 1024.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
