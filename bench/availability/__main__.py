"""``make availability``: what the metastore's clients notice of each event, as a table in the docs.

Wants a lab that is up and on which phase 1 has been run.
"""

from __future__ import annotations

import argparse
import time

from bench.availability.client import PROJECT
from bench.availability.events import EVENTS
from bench.availability.watch import clients, markdown
from lakestead.kube.client import Api
from lakestead.lab import network
from lakestead.lab.paths import lab_dir

DOCS = PROJECT / "docs/availability.md"
BEGIN, END = "<!-- measured by make availability -->\n", "<!-- end of what was measured -->\n"


def main() -> None:
    """Do what was asked for, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="events with this text in their names; nothing is written")
    only = parser.parse_args().only
    network.require_up()
    api = Api.from_kubeconfig(str(lab_dir() / "kubeconfig"), "lakestead-lab")
    times: dict[str, tuple[float, float]] = {}
    trouble: list[str] = []
    with clients(("new", "kept", "table")) as watched:
        for name, happens in EVENTS.items():
            if only and only not in name:
                continue
            since = time.time()
            try:
                happens(api)
                watched.until_fine(time.time())
            except (TimeoutError, AssertionError) as error:
                trouble.append(f"{name}: {error}")
            times[name] = since, time.time()
            print(f"{name}: {time.time() - since:.0f} s", *trouble[-1:], flush=True)
            print(*watched.measured(*times[name]), sep="\n", flush=True)
    # Counted when all that was asked has been answered.
    found = {name: watched.measured(*between) for name, between in times.items()}
    table = markdown(found)
    print(table)
    if trouble:
        raise SystemExit("\n".join(["Not all went well, nothing was written:", *trouble]))
    if not only:
        text = DOCS.read_text()
        before, _, rest = text.partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCS.write_text(before + BEGIN + "\n" + table + "\n" + END + after)


if __name__ == "__main__":
    main()
