"""The product compiled once, when it is set up: bytecode and declarations lie ready for every start."""

import compileall
from pathlib import Path

from entente.kernel.kit.declarations import keep_read

PACKAGE = Path(__file__).parent


def compile_product() -> None:
    """Leave bytecode and parsed declarations beside the sources, even where Python may write no bytecode by itself."""
    compileall.compile_dir(PACKAGE, quiet=2)
    keep_read(PACKAGE)


if __name__ == "__main__":
    compile_product()
