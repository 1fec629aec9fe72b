"""Every way Affectbox can fail on purpose: one class, one sentence, one exit code.

A command prints the sentence to standard error and exits with the code; no traceback. The sentence says what is
wrong and what to do. Exit codes start at 10 so that they collide with neither the shell's (1, 2, 126 and up) nor
argparse's (2).
"""


class AffectboxError(Exception):
    """Base of all expected failures."""

    exit_code = 10


class ConfigError(AffectboxError):
    """A configuration file or command-line value is wrong."""

    exit_code = 11


class SourceError(AffectboxError):
    """A camera, video, image or folder cannot be opened, or holds no frames."""

    exit_code = 12


class ModelError(AffectboxError):
    """A model bundle is missing, altered or of an unknown form; no inference is made with it."""

    exit_code = 13


class RuntimeMissingError(AffectboxError):
    """A package that the command needs is not installed; or neither ai-edge-litert nor tflite-runtime is."""

    exit_code = 14


class SinkError(AffectboxError):
    """A sink's address is wrong, or its file cannot be written."""

    exit_code = 15


class OutboxError(AffectboxError):
    """The outbox cannot be opened or written: a full disk, a read-only folder, another daemon holding it."""

    exit_code = 16


class FetchError(AffectboxError):
    """A third-party model can be had from none of its sources, or arrived altered."""

    exit_code = 17


class AddressInUseError(AffectboxError):
    """The port that a server should listen on is taken or not allowed."""

    exit_code = 18


class StorageError(AffectboxError):
    """A folder or file that must be written, or a recording that must be read, cannot be."""

    exit_code = 19


class StalledError(AffectboxError):
    """A worker gave no sign of life for longer than its limit; everything was stopped."""

    exit_code = 20


class DataError(AffectboxError):
    """A data set or a file of records is missing or malformed."""

    exit_code = 21


class CheckFailedError(AffectboxError):
    """`doctor` found something that would stop a session, or `load` a database that lost records."""

    exit_code = 22


class ConversionError(AffectboxError):
    """A network cannot be converted: not a model, an unsupported operator, a dynamic shape, a missing tool."""

    exit_code = 23


class ParityError(AffectboxError):
    """A converted network is too far from the one that it was made from, or from its own reference outputs."""

    exit_code = 24


class IdentityError(AffectboxError):
    """A box cannot be enrolled, or an account cannot be made: a used or expired file, a refused key, no network."""

    exit_code = 25


class InterlockError(AffectboxError):
    """The host process refuses a command, or is not there: no consent, a session that is open already, an update."""

    exit_code = 26


class UpdateError(AffectboxError):
    """A release cannot be installed: altered, too old, for another suite, or it did not prove healthy."""

    exit_code = 27


class EvidenceError(AffectboxError):
    """No bundle is made of a network for diagnosis support, because its evidence does not carry it."""

    exit_code = 28
