"""What this machine must offer, checked before anything of it is changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.lab import cgroup, images, network, owner
from lakestead.lab.golang import go_program
from lakestead.lab.network import NODE_ADDRESS
from lakestead.lab.paths import cache_dir, lab_dir
from lakestead.lab.programs import Profile, builds, ports

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Needs:
    """What a profile needs of the machine (bytes).

    + building: disk for building everything, Go's own cache included; less where parts are built
    + data: disk for a new lab's data, images included; none for a lab that has it already
    """

    memory: int
    building: int
    data: int
    tools: dict[str, str]


_API_TOOLS = {"go": "", "ip": "iproute2", "nft": "nftables"}
NEEDS: dict[Profile, Needs] = {
    "api": Needs(memory=2 * GIB, building=7 * GIB, data=GIB, tools=_API_TOOLS),
    "full": Needs(
        memory=10 * GIB,
        building=25 * GIB,
        data=7 * GIB,
        tools={**_API_TOOLS, "runc": "runc", "mmdebstrap": "mmdebstrap", "buildah": "buildah"},
    ),
}

_SPARE = GIB
"""Free disk that a lab with all of its builds and data still wants, for logs and what grows."""

_ONE_PART = 4 * GIB
"""Free disk that building the largest image takes: its archive, its layers and what it is built from."""

_CAPABILITIES = {
    "CAP_CHOWN": 0,
    "CAP_DAC_OVERRIDE": 1,
    "CAP_FOWNER": 3,
    "CAP_KILL": 5,
    "CAP_SETGID": 6,
    "CAP_SETUID": 7,
    "CAP_NET_ADMIN": 12,
    "CAP_SYS_CHROOT": 18,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
    "CAP_MKNOD": 27,
}
"""Numbers as in linux/capability.h."""


def check(profile: Profile, *, running: bool, phase: int = images.PHASES) -> None:
    """Refuse where the lab cannot run.

    :param running: whether parts of this very lab run already; then memory, disk and ports,
        which it uses itself, are not looked at.
    :param phase: the last one that images are built for.
    :raises LakesteadError: naming everything that is missing, in one message.
    """
    problems = list(_first_of_all())
    if not problems:
        problems = [*_tools(profile), *_kernel(profile), *_other_labs()]
        if not running:
            problems += [*_room(profile, phase), *_ports(profile)]
    if problems:
        raise LakesteadError(
            f"the lab (profile {profile}) cannot run on this machine; nothing was changed",
            found="\n".join(problem for problem, _ in problems),
            do="\n".join(dict.fromkeys(remedy for _, remedy in problems)),
        )


Problem = tuple[str, str]
"""What was found, and what to do about it."""


def _first_of_all() -> Iterator[Problem]:
    if os.geteuid() != 0:
        yield f"you are user {os.geteuid()}, not root", "run it as root (sudo)"
        return
    status = Path("/proc/self/status").read_text()
    effective = int(status.split("CapEff:")[1].split()[0], 16)
    missing = [name for name, bit in _CAPABILITIES.items() if not effective >> bit & 1]
    if missing:
        yield (
            f"missing capabilities: {', '.join(missing)}",
            "run it where root has them: a virtual machine, or a privileged container",
        )


def _tools(profile: Profile) -> Iterator[Problem]:
    missing = {
        tool: package
        for tool, package in NEEDS[profile].tools.items()
        if shutil.which(tool) is None
    }
    if packages := sorted(package for package in missing.values() if package):
        named = ", ".join(tool for tool, package in missing.items() if package)
        yield f"programs not found: {named}", f"apt-get install {' '.join(packages)}"
    if "go" in missing:
        yield "programs not found: go", "install Go 1.26 or newer"


def _kernel(profile: Profile) -> Iterator[Problem]:
    remedy = "use a kernel that has it, or load its module"
    if profile == "full" and "\toverlay" not in Path("/proc/filesystems").read_text():
        yield "the kernel has no overlay file system", remedy
    if missing := cgroup.missing_controllers():
        yield f"the kernel offers no cgroup controller {', '.join(missing)}", remedy
    if shutil.which("ip") and shutil.which("nft"):
        for feature, command in _PROBES.items():
            # In a network namespace of its own, which goes away with the probe.
            done = subprocess.run(
                ["unshare", "--net", "sh", "-c", command], capture_output=True, text=True
            )
            if done.returncode != 0:
                yield f"the kernel has no {feature}: {done.stderr.strip()}", remedy
    if shadowed := network.overlaps():
        yield (
            f"the lab's addresses {network.POD_RANGE}, {network.SERVICE_RANGE} are in use here:"
            f" {', '.join(shadowed)}",
            "leave that network, or run the lab in a virtual machine",
        )


_PROBES = {
    "bridge devices": "ip link add probe0 type bridge",
    "veth devices": "ip link add probe1 type veth peer name probe2",
    "nftables with NAT": (
        "printf 'table ip probe {\\n chain nat {\\n type nat hook postrouting priority 100; masquerade;\\n }\\n}\\n' | nft -f -"
    ),
}


def _other_labs() -> Iterator[Problem]:
    if other := owner.other_lab():
        yield (
            f"another lab is up, in {other}",
            f"take it down first: LAKESTEAD_LAB_DIR={other} lakestead lab down",
        )


def _room(profile: Profile, phase: int) -> Iterator[Problem]:
    needs = NEEDS[profile]
    memory = _available_memory()
    if memory < needs.memory:
        yield (
            f"memory: {memory / GIB:.1f} GiB available, {needs.memory / GIB:.0f} GiB needed",
            "end other programs, or use a machine with more memory",
        )
    wanted = {
        cache_dir(): _building(profile, phase),
        lab_dir(): 0 if (lab_dir() / "state.json").exists() else needs.data,
    }
    on_device: dict[int, list[Path]] = {}
    for folder in wanted:
        on_device.setdefault(_existing(folder).stat().st_dev, []).append(folder)
    for folders in on_device.values():
        needed = sum(wanted[folder] for folder in folders) or _SPARE
        free = shutil.disk_usage(_existing(folders[0])).free
        if free < needed:
            yield (
                f"disk: {free / GIB:.1f} GiB free at {' and '.join(map(str, folders))},"
                f" {needed / GIB:.0f} GiB needed",
                "make room, or point LAKESTEAD_LAB_DIR and LAKESTEAD_CACHE_DIR elsewhere",
            )


def _building(profile: Profile, phase: int) -> int:
    """Disk for building what is not in the cache: its share of everything's, or the largest part's."""
    built = _built(profile, phase)
    if all(built):
        return 0
    everything = len(_built(profile, images.PHASES))
    return max(_ONE_PART, NEEDS[profile].building * built.count(False) // everything)


def _built(profile: Profile, phase: int) -> list[bool]:
    """Of each part of the profile, whether it is in the cache."""
    entries = [go_program(name).entry for name in builds(profile)]
    if profile == "full":
        entries += [images.entry(component) for component in images.components(phase)]
    return [entry.path.exists() for entry in entries]


def _available_memory() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _ports(profile: Profile) -> Iterator[Problem]:
    taken = listeners()
    for port, program in ports(profile).items():
        if port in taken:
            yield (
                f"port {port}, for {program}, is taken by {taken[port]}",
                "stop that program, or bind it to an address of its own",
            )


def listeners() -> dict[int, str]:
    """TCP ports that somebody listens on at any address or the lab's, and who (name and pid)."""
    addresses = {"00000000", "0" * 32, _hexadecimal(NODE_ADDRESS)}
    inodes: dict[str, int] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            if fields[3] == "0A" and address in addresses:
                inodes[fields[9]] = int(port, 16)
    return {port: _owner_of(inode) for inode, port in inodes.items()}


def _hexadecimal(address: str) -> str:
    return "".join(f"{int(part):02X}" for part in reversed(address.split(".")))


def _owner_of(inode: str) -> str:
    for process in _processes():
        try:
            handles = (process / "fd").iterdir()
            if any(str(handle.readlink()) == f"socket:[{inode}]" for handle in handles):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
        except OSError:
            continue
    return "a process that cannot be seen from here"


def _processes() -> Iterator[Path]:
    return (folder for folder in Path("/proc").iterdir() if folder.name.isdigit())
