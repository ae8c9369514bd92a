"""Makes faults on a lab of its own, one after the other, and keeps what each has shown.

What has a result already is not made again, so that an interrupted run goes on; ``--only NAME`` makes one.
``make chaos`` makes all of them and writes the table in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab.chaos import acts
from tests.lab.chaos.belongings import GOALS, git, leave_objects
from tests.lab.chaos.chaos import Maker, Result
from tests.lab.chaos.fault import Fault
from tests.lab.chaos.faults import FAULTS
from tests.lab.chaos.scene import PROJECT, Scene, surroundings
from tests.lab.chaos.table import markdown, write

DOCUMENT = PROJECT / "docs" / "reliability.md"
ROOM = 1.6  # minutes that a fault may take, before which none is begun any more


def main() -> int:
    """Make what is asked for; 1 where a result is not good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--minutes", type=float, default=0, help="begin none after so long")
    parser.add_argument("--again", action="store_true", help="also what has a result already")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    parser.add_argument(
        "--table", action="store_true", help="only write the table, of what is there"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "lakestead-chaos"
    )
    options = parser.parse_args()
    unknown = set(options.only) - {fault.name for fault in FAULTS}
    if unknown:
        parser.error(f"no fault {', '.join(sorted(unknown))}; --list names them")
    if options.list:
        print("\n".join(f"{fault.name:28}{fault.what}" for fault in FAULTS))
        return 0
    if not options.table:
        os.environ.update(surroundings())
        run(options)
    results = list(kept(options.folder))
    wrong = [result for result in results if result.wrong]
    for result in wrong:
        print(f"{result.name}, {result.phase}: " + "; ".join(result.wrong))
    missing = [fault.name for fault in FAULTS if not is_good(file_of(options.folder, fault))]
    if missing:
        print("still to be made: " + ", ".join(missing))
    if options.table or not missing:
        write(DOCUMENT, markdown(FAULTS, [result for result in results if not result.wrong]))
        print(f"the table is in {DOCUMENT}")
    return 1 if wrong else 0


def run(options: argparse.Namespace) -> None:
    """Make what is wanted and has no good result yet."""
    began = time.monotonic()
    scene = Scene(options.folder / f"runs-{int(time.time())}")
    try:
        prepare(scene)
        maker = Maker(scene, lambda said: print(f"    {said}", flush=True))
        for fault in FAULTS:
            file = file_of(options.folder, fault)
            asked = fault.name in options.only or options.again
            if (options.only or is_good(file)) and not asked:
                continue
            spent = (time.monotonic() - began) / 60
            if options.minutes and spent + ROOM > options.minutes:
                print(f"{spent:.1f} minutes are over; the rest another time")
                return
            print(f"[{spent:4.1f} min] {fault.name}: {fault.what}", flush=True)
            results = maker.make(fault)
            print(f"    {verdict(results)}", flush=True)
            partial = file.with_suffix(".partial")
            partial.write_text(json.dumps([result.as_json() for result in results], indent=1))
            partial.rename(file)
    finally:
        scene.close()


def prepare(scene: Scene) -> None:
    """Phase 1 objective by objective, so that there is a goals.json, and objects of the user's own."""
    scene.set_clock("+0")
    acts.heal(scene)
    lakestead = str(Path(sys.executable).with_name("lakestead"))
    for objective in ("1.1", "1.2", "1.3"):
        if not completed(objective):
            command = [lakestead, "execute", objective, "-i", "inventories/lab.py", "--yes"]
            subprocess.run(
                [*command, "--no-diff"],
                cwd=PROJECT,
                env=surroundings(),
                check=True,
                capture_output=True,
            )
    scene.interval = scene.turn()
    ended = scene.start(scene.interval).end(180)
    if ended.code:
        raise SystemExit(ended.output)
    leave_objects(scene)


def completed(objective: str) -> bool:
    """Whether goals.json says so."""
    try:
        goals = json.loads(git("show", f"main:{GOALS}"))
    except (subprocess.CalledProcessError, ValueError):
        return False
    return any(
        item.get("id") == objective and item.get("status") == "completed"
        for item in objects_in(goals)
    )


def objects_in(value: object) -> Iterator[dict[str, object]]:
    """Every object in a JSON value."""
    if isinstance(value, dict):
        yield value
    for item in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from objects_in(item)


def is_good(file: Path) -> bool:
    """Whether a fault has shown what it had to."""
    return file.exists() and not any(result["wrong"] for result in json.loads(file.read_text()))


def file_of(folder: Path, fault: Fault) -> Path:
    """Where the results of a fault are kept."""
    return folder / f"{fault.name}.json"


def kept(folder: Path) -> Iterator[Result]:
    """The results so far."""
    for file in sorted(folder.glob("*.json")):
        yield from (Result(**result) for result in json.loads(file.read_text()))


def verdict(results: list[Result]) -> str:
    """The results of a fault in one line."""
    wrong = [each[:600] for result in results for each in dict.fromkeys(result.wrong)]
    mended = max(result.mended for result in results)
    return "WRONG: " + "; ".join(wrong) if wrong else f"good, well again within {mended:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
