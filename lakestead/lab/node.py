"""The node: containerd with runc and CNI, kubelet, kube-proxy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from lakestead.lab import cgroup
from lakestead.lab.control_plane import authority, component_kubeconfig, write
from lakestead.lab.golang import go_program
from lakestead.lab.network import BRIDGE, NODE_ADDRESS, NODE_NAME, POD_RANGE, SERVICE_ADDRESSES
from lakestead.lab.paths import lab_dir, run_dir
from lakestead.lab.process import Program

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PORTS = {10249: "kube-proxy", 10250: "kubelet", 10256: "kube-proxy"}
_RESERVED_MEMORY = "5Gi"  # control plane, builds and the user's own work beside the pods


def containerd_socket() -> Path:
    """Socket of the lab's containerd."""
    return run_dir() / "containerd.sock"


def containerd(pause_image: str) -> Program:
    """The container runtime, with all of its state below the lab's folders."""
    config = f"""\
version = 3
root = "{lab_dir()}/containerd"
state = "{run_dir()}/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt"]

[grpc]
address = "{containerd_socket()}"

[plugins.'io.containerd.cri.v1.images']
snapshotter = "overlayfs"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = "{pause_image}"

[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = {str(not _may_lower_oom_score()).lower()}
netns_mounts_under_state_dir = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ["{go_program("cni").entry.path}"]
conf_dir = "{_cni_config().parent}"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
BinaryName = "{shutil.which("runc")}"
SystemdCgroup = false
"""
    file = write(lab_dir() / "config" / "containerd.toml", config)
    binary = go_program("containerd").program("containerd")
    path = f"{binary.parent}:{SYSTEM_PATH}"  # where it finds its shim; not the caller's
    argv = [str(binary), "--config", str(file)]
    return Program("containerd", argv, {"PATH": path}, files=(file, _cni_config()))


def kubelet() -> Program:
    """The node's agent."""
    kubeconfig = component_kubeconfig(
        "kubelet", f"system:node:{NODE_NAME}", groups=("system:nodes",)
    )
    resolver = write(lab_dir() / "config" / "resolv.conf", "# no name server outside the lab\n")
    pki = lab_dir() / "pki"
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "healthzPort": 0,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority().files.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki / "kubelet.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{containerd_socket()}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cgroup.ROOT}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDomain": "cluster.local",
        "clusterDNS": [SERVICE_ADDRESSES["dns"]],
        "resolvConf": str(resolver),
        "podLogsDir": str(lab_dir() / "logs" / "pods"),
        "volumePluginDir": str(lab_dir() / "kubelet" / "volume-plugins"),
        "makeIPTablesUtilChains": False,
        "systemReserved": {"memory": _RESERVED_MEMORY},
        "evictionHard": {"memory.available": "300Mi"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "crashLoopBackOff": {"maxContainerRestartPeriod": "10s"},
        "featureGates": {"KubeletCrashLoopBackOffMax": True},
        "enableServer": True,
    }
    file = write(lab_dir() / "config" / "kubelet.yaml", yaml.safe_dump(config))
    return Program(
        "kubelet",
        [
            str(go_program("kubernetes-node").program("kubelet")),
            f"--config={file}",
            f"--kubeconfig={kubeconfig}",
            f"--root-dir={lab_dir() / 'kubelet'}",
            f"--hostname-override={NODE_NAME}",
            f"--node-ip={NODE_ADDRESS}",
        ],
        files=(file,),
    )


def kube_proxy() -> Program:
    """Services, by nftables."""
    kubeconfig = component_kubeconfig("kube-proxy", "system:kube-proxy")
    config: dict[str, Any] = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "bindAddress": NODE_ADDRESS,
        "clusterCIDR": POD_RANGE,
        "hostnameOverride": NODE_NAME,
        "healthzBindAddress": f"{NODE_ADDRESS}:10256",
        "metricsBindAddress": f"{NODE_ADDRESS}:10249",
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "nodePortAddresses": [f"{NODE_ADDRESS}/32"],
        "conntrack": {  # 0: leave the machine's own settings alone
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }
    file = write(lab_dir() / "config" / "kube-proxy.yaml", yaml.safe_dump(config))
    binary = go_program("kubernetes-node").program("kube-proxy")
    return Program("kube-proxy", [str(binary), f"--config={file}"], files=(file,))


def _cni_config() -> Path:
    network = {
        "cniVersion": "1.0.0",
        "name": "lakestead",
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                "isGateway": True,
                "isDefaultGateway": True,
                "hairpinMode": True,
                "ipMasq": False,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(run_dir() / "cni"),
                    "ranges": [
                        [
                            {
                                "subnet": POD_RANGE,
                                "rangeStart": "10.233.0.10",
                                "gateway": NODE_ADDRESS,
                            }
                        ]
                    ],
                },
            }
        ],
    }
    return write(lab_dir() / "cni" / "10-lakestead.conflist", json.dumps(network, indent=1))


def _may_lower_oom_score() -> bool:
    """Whether CAP_SYS_RESOURCE is there, without which no sandbox may get a lower OOM score."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> 24 & 1)
    return False
