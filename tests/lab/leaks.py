"""Looks for the lab's secrets where none may be."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote_plus

from lakestead.lab import control_plane
from tests.lab.conftest import Lab

KEYS = {
    "accessKey", "secretKey", "password", "next-password", "AWS_SECRET_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
}  # fmt: skip


def leaks(
    lab: Lab, places: Mapping[str, str], before: Mapping[str, str] | None = None
) -> list[str]:
    """Which secret of the lab is in which text; the homelab repo and the API's audit log are looked at, too.

    + places: texts by a name
    + before: secrets that were valid once, as ``known`` told them
    """
    looked_at = {
        **places,
        "homelab repo": _homelab_repo(lab),
        # The arguments of commands in pods are in the addresses of their requests.
        "audit log": unquote_plus(control_plane.audit_log().read_text()),
    }
    secrets = {**known(lab), **{f"{name}, of before": it for name, it in (before or {}).items()}}
    # The lab's own, and a user's and a metastore's credential, each kept and copied.
    assert len(secrets) >= 13
    for kept in ("lakestead-secrets/hive-metastore-database", "lakestead-secrets/lakehouse-s3"):
        assert any(name.startswith(kept) for name in secrets)
    return [
        f"{name} in {place}"
        for place, text in looked_at.items()
        for name, value in secrets.items()
        if value in text
    ]


def files_in(*folders: Path) -> dict[str, str]:
    """The texts of all files below the folders, by their names."""
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return {str(file): file.read_text(errors="replace") for file in files}


@contextmanager
def process_arguments() -> Iterator[set[str]]:
    """The arguments of all processes of this machine, in pods or not, that were seen meanwhile."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.01):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(file.read_text(errors="replace").replace("\0", " "))

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield seen
    finally:
        done.set()
        looking.join()


def known(lab: Lab) -> dict[str, str]:
    """Every secret that there is, by a name: the lab's own, and those in Kubernetes."""
    found = {f"file {p.name}": p.read_text() for p in (lab.folder / "secrets").iterdir()}
    for secret in lab.api().list("v1", "Secret"):
        for key in KEYS & set(secret.get("data") or {}):
            place = f"{secret['metadata']['namespace']}/{secret['metadata']['name']} {key}"
            found[place] = base64.b64decode(secret["data"][key]).decode()
    return found


def _homelab_repo(lab: Lab) -> str:
    repository = next((lab.folder / "data").glob("git*/**/homelab.git"))
    return subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(repository), "log", "-p", "main"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
