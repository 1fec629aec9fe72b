"""Things that hold a file, a device or a connection, and let go of it at the end of a `with` block."""

from typing import Self


class Closing:
    """The context-manager half of whatever has a `close`."""

    def close(self) -> None:
        """Let go. May be called twice. Overridden where there is something to let go of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
