"""What an image's build borrows from this machine: compilers and caches, as volumes.

A user builds the same Containerfile on an image that has the compiler (``golang:1.26``). The lab
has no such image, but it has the compiler: it is mounted where that image has it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from lakestead.lab.golang import go

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_JAVA_CERTIFICATES = Path("/etc/ssl/certs/java/cacerts")
_GO_SETTINGS = ("GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE")
_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy")


def volumes(toolchain: str, scratch: Path) -> list[str]:
    """The volumes of a toolchain, as ``source:target:options``.

    :param toolchain: ``go``, ``maven``, ``python``, several as ``go+python``, or "" for none.
    :param scratch: an empty folder for files that are made for this build.
    """
    names = toolchain.split("+") if toolchain else []
    return [volume for name in names for volume in _TOOLCHAINS[name](scratch)]


def _go(scratch: Path) -> list[str]:
    """Go as the image ``golang`` has it, with this machine's caches, proxy and authorities."""
    found = json.loads(go("env", "-json", "GOROOT", "GOMODCACHE", "GOCACHE", *_GO_SETTINGS))
    settings = scratch / "env"
    lines = [f"{name}={found[name]}" for name in _GO_SETTINGS if found[name]]
    settings.write_text("\n".join([*lines, "GOTOOLCHAIN=local", ""]))
    for folder in (found["GOMODCACHE"], found["GOCACHE"]):
        Path(folder).mkdir(parents=True, exist_ok=True)
    mounted = [
        f"{found['GOROOT']}:/usr/local/go:ro",
        f"{found['GOMODCACHE']}:/go/pkg/mod:rw",
        f"{found['GOCACHE']}:/root/.cache/go-build:rw",
        f"{settings}:/root/.config/go/env:ro",
    ]
    if _CERTIFICATES.exists():  # a second place in which Go looks: the image's own file stays
        mounted.append(f"{_CERTIFICATES}:/etc/pki/tls/certs/host.crt:ro")
    return mounted


def _maven(scratch: Path) -> list[str]:
    """Maven's settings and local repository of this machine, and its Java authorities.

    Maven itself comes from Debian's package: what it is needed for is a list of downloads.
    """
    home = Path.home() / ".m2"
    home.mkdir(exist_ok=True)
    mounted = [f"{home}:/root/.m2:rw"]
    if _JAVA_CERTIFICATES.exists():
        options = scratch / "mavenrc"
        options.write_text('MAVEN_OPTS="-Djavax.net.ssl.trustStore=/etc/pki/java/host.jks"\n')
        mounted += [
            f"{options}:/root/.mavenrc:ro",
            f"{_JAVA_CERTIFICATES}:/etc/pki/java/host.jks:ro",
        ]
    return mounted


def _python(scratch: Path) -> list[str]:
    """pip's cache, index and authorities of this machine; pip itself comes from Debian's package."""
    cache = Path.home() / ".cache/pip"
    cache.mkdir(parents=True, exist_ok=True)
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    found = dict(re.findall(r"^[^.=]*\.([\w-]+)='(.*)'$", listed.stdout, re.MULTILINE))
    lines = [f"{name} = {found[name]}" for name in _PIP_SETTINGS if name in found]
    mounted = [f"{cache}:/root/.cache/pip:rw"]
    if _CERTIFICATES.exists():
        lines.append("cert = /etc/pki/pip/host.crt")
        mounted.append(f"{_CERTIFICATES}:/etc/pki/pip/host.crt:ro")
    settings = scratch / "pip.conf"
    settings.write_text("\n".join(["[global]", *lines, ""]))
    return [*mounted, f"{settings}:/etc/pip.conf:ro"]


_TOOLCHAINS: dict[str, Callable[[Path], list[str]]] = {
    "go": _go,
    "maven": _maven,
    "python": _python,
}
