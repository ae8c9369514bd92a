"""The kill test, a part at a time; ``make kill-test`` runs all of it, each part on a fresh lab.

- ``undisturbed``: one run that nobody kills; its writes and what it leaves are kept
- ``chain``: a run is killed at the first write that no run was killed at yet, then the next, and so on until
  one ends by itself; what is left is compared with what the undisturbed run has left
- ``two``: two runs at once
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

from lakestead.kube.client import Api, ObjectRef
from lakestead.lab.paths import lab_dir
from tests.lab.kill.runs import Ended, NextNew, Runs
from tests.lab.kill.state import differences, state_of
from tests.lab.kill.table import markdown, row


def main() -> None:
    """Run one part, and keep what it shows in ``--folder``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["undisturbed", "chain", "two"])
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "lakestead-kill-test"
    )
    parser.add_argument("--first", choices=["before", "after"], default="before")
    parser.add_argument("--thin", type=int, default=1, help="kill at every so many-th write only")
    parser.add_argument("--tool", choices=["pyinfra", "lakestead"], default="pyinfra")
    options = parser.parse_args()
    runs = Runs(options.folder / f"{options.part}-{int(time.time())}", quick=True)
    try:
        {"undisturbed": undisturbed, "chain": chain, "two": two}[options.part](runs, options)
    finally:
        runs.close()


def undisturbed(runs: Runs, options: argparse.Namespace) -> None:
    """One run, what it writes and what it leaves."""
    ended = runs.run(options.tool, lambda write: None)
    if ended.rc:
        raise SystemExit(ended.said)
    keep(options.folder / "undisturbed-writes.json", [write.what for write in ended.writes])
    keep(options.folder / "undisturbed.json", state_of(lab_dir()))
    print(f"undisturbed: {len(ended.writes)} writes in {ended.seconds:.0f} s")


def chain(runs: Runs, options: argparse.Namespace) -> None:
    """Kill after kill, until a run ends by itself."""
    aim = NextNew(options.first, options.thin)
    rows: list[dict[str, Any]] = []
    last: Ended | None = None
    while last is None or last.killed:
        aim.next_run()
        ended = runs.run(options.tool, aim)
        (runs.folder / f"{len(rows) + 1:03}.txt").write_text(ended.said)
        rows.append(row(len(rows) + 1, ended, last))
        print(json.dumps(rows[-1]), flush=True)
        last = ended
    keep(options.folder / f"chain-{options.first}.json", rows)
    (options.folder / f"chain-{options.first}.md").write_text(markdown(rows))
    after = runs.run("lakestead", lambda write: None)
    print("afterwards:", *re.findall(r"Plan: .*", after.said))
    compare(options.folder)
    wanted = set(json.loads((options.folder / "undisturbed-writes.json").read_text()))
    killed = {str(each["write"]) for each in rows}
    print("killed at no time:", *sorted(wanted - killed), sep="\n  ")


def two(runs: Runs, options: argparse.Namespace) -> None:
    """Two runs at once, on a lab where there is something to mend."""
    source = ObjectRef("apps/v1", "Deployment", "source-controller", "flux-system")
    api = Api.from_kubeconfig(str(lab_dir() / "kubeconfig"), "lakestead-lab")
    for tool in ("lakestead", "pyinfra"):
        api.delete(source)
        files = [runs.folder / f"{tool}-{number}.txt" for number in (1, 2)]
        started = [runs.start(tool, output=file) for file in files]
        for process, file in zip(started, files, strict=True):
            print(f"{tool}: exit code {process.wait(300)}")
            print(*re.findall(r".*Another run of Lakestead(?:.*\n){4}", file.read_text()))
    compare(options.folder)


def compare(folder: Path) -> None:
    """Print where the lab is not as the undisturbed run has left its own."""
    then = json.loads((folder / "undisturbed.json").read_text())
    found = json.loads(json.dumps(state_of(lab_dir())))
    print("\n".join(differences(then, found)) or "the same as after the undisturbed run")


def keep(file: Path, content: Any) -> None:
    """Write ``content`` down."""
    file.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()
