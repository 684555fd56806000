"""`entente COMMAND`: what serves starts small at once, every other command is the command line’s."""

import os
import sys

from entente import serving


def main() -> int:
    """The exit status of a command."""
    arguments = sys.argv[1:]
    if arguments[:1] != ["serve"]:
        os.execv(sys.executable, [sys.executable, "-m", "entente.cli", *arguments])  # noqa: S606 - our own module
    return serving.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main())
