"""Run the public conformance suites of a folder (default ../shared/data): python -m tests.conformance [DIR]."""

import sys
from pathlib import Path

from tests.conformance import bpmn, feel

ROOT = Path(__file__).resolve().parent.parent.parent
SUITES = {"dmn-tck-feel": feel.run, "bpmn-miwg": bpmn.run}


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    faults = 0
    for name, run in SUITES.items():
        if not (folder / name).is_dir():
            print(f"{name}: not in {folder}")
            faults += 1
            continue
        faults += run(folder / name)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
