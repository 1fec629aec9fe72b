"""A program as it would find things on Windows, as far as Linux plays that: `python -m tests.elsewhere MODULE ARGS…`.

It has none of the modules and functions that only POSIX has, no `/proc`, `/sys` or `/dev`; folders cannot be opened
nor locked files replaced or deleted while they are open; whoever opens a file to write to it by number has to say that
its line ends are to stay; `select` takes sockets alone; and text is not UTF-8 unless somebody says so. Libraries are
loaded before, for those of Linux are built for it; and paths are those of Linux: for these see `test_au_given.py`.
"""

import builtins
import importlib
import io
import os
import select
import signal
import socket
import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = "curses fcntl grp nis ossaudiodev posix_ipc pty pwd readline resource spwd syslog termios tty".split()
FUNCTIONS = {
    os: "chown fchdir fchmod fchown fdatasync fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getuid "
    "killpg lchown mkfifo mknod nice openpty pipe2 posix_fallocate posix_spawn pread pwrite sched_getaffinity "
    "sched_setaffinity setpriority setsid statvfs sync sysconf uname wait3 wait4 O_CLOEXEC O_DIRECTORY O_NOCTTY "
    "O_NOFOLLOW O_NONBLOCK O_SYNC WNOHANG".split(),
    signal: "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGSTOP SIGUSR1 SIGUSR2 alarm pause pthread_sigmask setitimer "
    "sigwait".split(),
    socket: ["AF_UNIX", "SCM_RIGHTS", "SO_REUSEPORT"],
}
LIBRARIES = "numpy cv2 PIL.Image msgspec nacl.signing ai_edge_litert.interpreter sqlite3 av starlette uvicorn asyncio"
#: As Windows counts it; no flag of Linux.
_BINARY = 1 << 30
#: Open files, by number, whose line ends would be changed.
_TEXT: set[int] = set()


class _Missing:
    """Says that a module is not there."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


def move_there() -> None:
    """From here on this process finds things as it would there."""
    for name in LIBRARIES.split():
        importlib.import_module(name)
    socket.socketpair = partial(socket.socketpair, socket.AF_UNIX)  # there made of two sockets of the network
    for module, names in FUNCTIONS.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    sys.modules["msvcrt"] = _windows(importlib.import_module("fcntl"))
    sys.meta_path.insert(0, _Missing())  # type: ignore[arg-type]
    for name in MODULES:
        sys.modules.pop(name, None)
    os.O_BINARY = _BINARY  # type: ignore[attr-defined]
    os.open, os.write, os.close = _opening(os.open), _writing(os.write), _closing(os.close)
    for name in ("replace", "rename", "unlink", "remove"):
        setattr(os, name, _unless_open(getattr(os, name)))
    select.select = _of_sockets(select.select)
    builtins.open = io.open = _encoded(io.open)
    sys.addaudithook(_hidden)


def _windows(posix: Any) -> ModuleType:
    """Its own way to lock a file."""
    module: Any = ModuleType("msvcrt")
    module.LK_LOCK = 1
    module.locking = lambda descriptor, mode, count: posix.flock(descriptor, posix.LOCK_EX)
    return module  # type: ignore[no-any-return]


def _opening(open_it: Callable[..., int]) -> Callable[..., int]:
    def opened(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if isinstance(path, str | os.PathLike) and Path(path).is_dir():
            raise PermissionError(13, "Permission denied", str(path))
        descriptor = open_it(path, flags & ~_BINARY, *rest, **more)
        _TEXT.discard(descriptor) if flags & _BINARY else _TEXT.add(descriptor)
        return descriptor

    return opened


def _writing(write: Callable[..., int]) -> Callable[..., int]:
    def written(descriptor: int, data: Any) -> int:
        assert descriptor not in _TEXT, "what is written would get other line ends"
        return write(descriptor, data)

    return written


def _closing(close: Callable[[int], None]) -> Callable[[int], None]:
    def closed(descriptor: int) -> None:
        _TEXT.discard(descriptor)
        close(descriptor)

    return closed


def _unless_open(change: Callable[..., None]) -> Callable[..., None]:
    def changed(*paths: Any, **more: Any) -> None:
        for path in paths:
            if os.path.realpath(path) in _open_files():
                raise PermissionError(13, "The process cannot access the file because it is in use", str(path))
        change(*paths, **more)

    return changed


def _open_files() -> set[str]:
    found = set()
    for number in range(256):
        try:
            if stat.S_ISREG(os.fstat(number).st_mode):
                found.add(str(Path(f"/proc/self/fd/{number}").readlink()))
        except OSError:
            continue
    return found


def _of_sockets(select_it: Callable[..., Any]) -> Callable[..., Any]:
    def selected(*lists: Any) -> Any:
        if any(not isinstance(one, socket.socket) for several in lists[:3] for one in several):
            raise OSError(10038, "An operation was attempted on something that is not a socket")
        return select_it(*lists)

    return selected


def _encoded(open_it: Callable[..., Any]) -> Callable[..., Any]:
    """Text of which nobody says how it is written is written as Windows does in Western Europe."""

    def opened(file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, *rest: Any, **more: Any) -> Any:
        assert mode.startswith("r") or not isinstance(file, int) or file not in _TEXT, f"{file} gets other line ends"
        if encoding in (None, "locale") and "b" not in mode:
            encoding = "cp1252"
        return open_it(file, mode, buffering, encoding, *rest, **more)

    return opened


def _hidden(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(("/proc/", "/sys/", "/dev/")):
        if arguments[0] in (os.devnull, "/dev/urandom"):
            return
        raise FileNotFoundError(2, "No such file or directory", arguments[0])


if __name__ == "__main__":
    move_there()
    program, *words = sys.argv[1:]
    sys.argv = [program, *words]
    sys.exit(importlib.import_module(program).main())
