"""`python -m tests.nightly` runs everything in parts; interrupted, it goes on where it stopped."""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

from certify.suite import describe
from lab.progress import duration
from tests.nightly.night import Night
from tests.nightly.parts import CHECKOUT, Part, chosen, every_part
from tests.nightly.table import terminal_table, write_page


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when every part that ran passed, 1 when one did not, 2 for a wrong name, 130 after ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.nightly", description=__doc__)
    parser.add_argument("parts", nargs="?", default="", metavar="PART", help="names or patterns, commas between them")
    parser.add_argument("--list", action="store_true", help="name the parts and run nothing")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "reports" / "nightly", help="where nights are kept")
    options = parser.parse_args(arguments)
    try:
        wanted = chosen(options.parts) if options.parts else every_part()
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.list:
        for part in wanted:
            print(f"{part.name:<26} {part.what}")
        return 0
    night = Night.latest(options.folder, describe(), every_part())
    lacking = [part for part in wanted if part.name not in night.results]
    return _run(night, lacking or wanted)  # who names parts that all have a result wants them again


def _run(night: Night, parts: list[Part]) -> int:
    console = Console(highlight=False, soft_wrap=True)
    if left := night.end_what_is_left():
        console.print(f"{left} processes of an interrupted night ended")
    console.print(f"night {night.folder}: {len(parts)} parts to run", markup=False)
    interrupted = False
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # how CI systems end a job
    try:
        for number, part in enumerate(parts, start=1):
            console.print(f"[{number}/{len(parts)}] {part.name}: {part.what} (log: {night.log(part)})", markup=False)
            result = night.run(part, lambda text: console.print(text, markup=False))
            console.print(f"{part.name}: {result.outcome} in {duration(result.seconds)}", markup=False)
            write_page(night, every_part())
    except KeyboardInterrupt:
        interrupted = True
    Console().print(terminal_table(night, every_part()))
    print(f"page: {write_page(night, every_part())}")
    if interrupted:
        print("interrupted: the same command goes on where it stopped")
        return 130
    outcomes = {part.name: night.results.get(part.name) for part in parts}
    return 0 if all(result and result.outcome == "passed" for result in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
