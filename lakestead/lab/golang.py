"""Programs built from Go modules, by a wrapper module of our own.

``go install module@version`` refuses modules whose ``go.mod`` has replace directives, as
Kubernetes' and etcd's have. So a wrapper module requires the module, repeats its replacements
(those that point at a folder become the published sibling module), and builds the packages.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.lab.cache import Cache, Entry
from lakestead.lab.versions import versions

_COMPILER = {"GOGC": "400", "GOMEMLIMIT": "1536MiB"}
"""Collecting less garbage in each compiler (one a core) is quicker; where memory grows it collects."""


@dataclass(frozen=True, slots=True)
class GoProgram:
    """Programs of one Go module at one version; fields as in ``versions.toml``."""

    name: str
    module: str
    version: str
    packages: list[str]
    siblings: str = ""
    variables: list[str] = field(default_factory=list)
    programs: dict[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        recipe = json.dumps(
            [self.module, self.version, self.packages, self.siblings, self.variables, self.programs]
        )
        return Cache().entry(f"go-{self.name}", self.version, recipe.encode())

    def program(self, name: str) -> Path:
        """Path of one built program."""
        return self.entry.path / name

    def ensure(self, say: Callable[[str], None] = lambda _: None) -> bool:
        """Build what is missing or damaged; ``say`` hears what is being done."""
        return self.entry.ensure(lambda folder: self._build(folder, say))

    def _build(self, folder: Path, say: Callable[[str], None]) -> None:
        with tempfile.TemporaryDirectory(prefix="lakestead-go-") as wrapper:
            say(f"downloading {self.module} {self.version}")
            (Path(wrapper) / "go.mod").write_text(self._wrapper_module())
            say(f"compiling {self.module} {self.version}")
            flags = " ".join(["-s", "-w", *(f"-X {variable}" for variable in self.variables)])
            go(
                "build", "-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags", flags,
                "-o", f"{folder}/", *self.packages,
                folder=wrapper,
            )  # fmt: skip
        for built, name in self.programs.items():
            (folder / built).rename(folder / name)

    def _wrapper_module(self) -> str:
        got = json.loads(go("mod", "download", "-json", f"{self.module}@{self.version}"))
        upstream = json.loads(go("mod", "edit", "-json", got["GoMod"]))
        return "\n".join(
            [
                "module lakestead.invalid/wrapper",
                f"go {upstream['Go']}",
                f"require {self.module} {self.version}",
                *(self._replace(directive) for directive in upstream.get("Replace") or []),
                "",
            ]
        )

    def _replace(self, directive: dict[str, Any]) -> str:
        old, new = directive["Old"], directive["New"]
        if "Version" in new:
            target = f"{new['Path']} {new['Version']}"
        else:
            target = f"{old['Path']} {self.siblings}"
        return f"replace {old['Path']} {old.get('Version', '')} => {target}"


def go_program(name: str) -> GoProgram:
    """The programs called ``[go.<name>]`` in ``versions.toml``."""
    return GoProgram(name=name, **versions()["go"][name])


def go(*arguments: str, folder: str | None = None) -> str:
    """Run the Go command without cgo and return what it printed.

    :raises LakesteadError: with the last lines that it printed, if it fails.
    """
    if shutil.which("go") is None:
        raise LakesteadError(
            "Go is needed to build the lab's programs",
            found="no `go` on PATH",
            expected="Go 1.26 or newer",
            do="install Go and run the command again",
        )
    done = subprocess.run(
        ["go", *arguments],
        cwd=folder or "/",
        env={**_COMPILER, **os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise LakesteadError(
            f"`go {arguments[0]}` failed with exit code {done.returncode}",
            where=arguments[-1],
            found="\n".join(done.stderr.strip().splitlines()[-15:]),
            do="see the lines above; a download that broke off is tried again by the next run",
        )
    return done.stdout
