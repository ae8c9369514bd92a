"""The control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler.

Everything listens on the bridge's address, so that no port of the machine's own is taken, with
certificates of the lab's authority on both ends.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import yaml

from lakestead.lab.golang import go_program
from lakestead.lab.network import (
    NODE_ADDRESS,
    NODE_NAME,
    POD_RANGE,
    SERVICE_ADDRESSES,
    SERVICE_RANGE,
)
from lakestead.lab.paths import kubeconfig, lab_dir
from lakestead.lab.pki import Authority, Certificate
from lakestead.lab.process import Program

CONTEXT = "lakestead-lab"
SERVER = f"https://{NODE_ADDRESS}:6443"
ETCD = f"https://{NODE_ADDRESS}:2379"
PORTS = {
    2379: "etcd",
    2380: "etcd",
    6443: "kube-apiserver",
    10257: "kube-controller-manager",
    10259: "kube-scheduler",
}

OPERATORS = "lakestead:operators"
"""The group that permissions/ gives its roles to."""

_ADMIN = "lakestead-admin"
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "Metadata", "users": [_ADMIN]},
        {"level": "Metadata", "userGroups": [OPERATORS]},
        {"level": "None"},
    ],
}


def authority() -> Authority:
    """The lab's certificate authority."""
    return Authority(lab_dir() / "pki")


def admin() -> Certificate:
    """Client certificate of the lab's administrator."""
    return authority().issue("admin", user=_ADMIN, groups=("system:masters",))


def audit_log() -> Path:
    """The API server's audit log: one JSON line for each request of the administrator and of operators."""
    return lab_dir() / "logs" / "audit.log"


def write_kubeconfig(file: Path, files: Certificate, user: str) -> Path:
    """Write a kubeconfig with the credentials inside (mode 0600), unless it is there as wanted."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CONTEXT,
                "cluster": {
                    "server": SERVER,
                    "certificate-authority": str(authority().files.certificate),
                },
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate": str(files.certificate),
                    "client-key": str(files.key),
                },
            }
        ],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user}}],
        "current-context": CONTEXT,
    }
    return write(file, yaml.safe_dump(config))


def write(file: Path, text: str) -> Path:
    """Write a configuration file (mode 0600) unless it holds that text already."""
    if not file.exists() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(file.name + ".partial")
        partial.touch(mode=0o600)
        partial.write_text(text)
        partial.rename(file)
    return file


def component_kubeconfig(component: str, user: str, groups: tuple[str, ...] = ()) -> Path:
    """Kubeconfig of a component with a certificate of its own."""
    files = authority().issue(component, user=user, groups=groups, hosts=(NODE_ADDRESS, NODE_NAME))
    return write_kubeconfig(lab_dir() / "config" / f"{component}.kubeconfig", files, user)


def write_admin_kubeconfig() -> Path:
    """The kubeconfig that the user of the lab works with."""
    return write_kubeconfig(kubeconfig(), admin(), _ADMIN)


def write_operator_kubeconfig(file: Path, user: str = "operator") -> Path:
    """A kubeconfig of a user that has what permissions/ gives, and nothing else."""
    return write_kubeconfig(file, authority().issue(user, user=user, groups=(OPERATORS,)), user)


def etcd() -> Program:
    """The cluster's store."""
    files = authority().issue("etcd", user="etcd", hosts=(NODE_ADDRESS,))
    peer = f"https://{NODE_ADDRESS}:2380"
    flags = {
        "name": NODE_NAME,
        "data-dir": lab_dir() / "etcd",
        "listen-client-urls": ETCD,
        "advertise-client-urls": ETCD,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"{NODE_NAME}={peer}",
        "client-cert-auth": "true",
        "trusted-ca-file": authority().files.certificate,
        "cert-file": files.certificate,
        "key-file": files.key,
        "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": authority().files.certificate,
        "peer-cert-file": files.certificate,
        "peer-key-file": files.key,
        "log-level": "warn",
    }
    return _program("etcd", go_program("etcd").program("etcd"), flags)


def kube_apiserver() -> Program:
    """The Kubernetes API, with RBAC, node authorisation and an audit log."""
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
    hosts = (NODE_ADDRESS, SERVICE_ADDRESSES["kubernetes"], *names, f"{names[-1]}.cluster.local")
    serving = authority().issue("kube-apiserver", user="kube-apiserver", hosts=hosts)
    kubelet_client = authority().issue(
        "kube-apiserver-kubelet-client", user="kube-apiserver", groups=("system:masters",)
    )
    front = Authority(lab_dir() / "pki" / "front-proxy")
    front_client = front.issue("front-proxy-client", user="front-proxy-client")
    service_accounts = authority().service_account_key()
    ca = authority().files.certificate
    policy = write(lab_dir() / "config" / "audit-policy.yaml", yaml.safe_dump(_AUDIT_POLICY))
    audit_log().parent.mkdir(parents=True, exist_ok=True)
    flags = {
        "advertise-address": NODE_ADDRESS,
        "bind-address": NODE_ADDRESS,
        "secure-port": 6443,
        "etcd-servers": ETCD,
        "etcd-cafile": ca,
        "etcd-certfile": kubelet_client.certificate,
        "etcd-keyfile": kubelet_client.key,
        "client-ca-file": ca,
        "tls-cert-file": serving.certificate,
        "tls-private-key-file": serving.key,
        "kubelet-client-certificate": kubelet_client.certificate,
        "kubelet-client-key": kubelet_client.key,
        "kubelet-certificate-authority": ca,
        "kubelet-preferred-address-types": "InternalIP",  # or exec looks the node up by DNS
        "requestheader-client-ca-file": front.files.certificate,
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "proxy-client-cert-file": front_client.certificate,
        "proxy-client-key-file": front_client.key,
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-signing-key-file": service_accounts,
        "service-account-key-file": service_accounts,
        "service-cluster-ip-range": SERVICE_RANGE,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "audit-policy-file": policy,
        "audit-log-path": audit_log(),
        "audit-log-maxsize": 50,
        "audit-log-maxbackup": 1,
    }
    binary = go_program("kubernetes").program("kube-apiserver")
    return dataclasses.replace(_program("kube-apiserver", binary, flags), files=(policy,))


def kube_controller_manager() -> Program:
    """The controllers of Kubernetes itself, each with its own service account."""
    name = "kube-controller-manager"
    config = component_kubeconfig(name, f"system:{name}")
    flags = {
        **_component_flags(name, config),
        "use-service-account-credentials": "true",
        "service-account-private-key-file": authority().service_account_key(),
        "root-ca-file": authority().files.certificate,
        "cluster-signing-cert-file": authority().files.certificate,
        "cluster-signing-key-file": authority().files.key,
        "cluster-cidr": POD_RANGE,
        "service-cluster-ip-range": SERVICE_RANGE,
    }
    return _program(name, go_program("kubernetes").program(name), flags)


def kube_scheduler() -> Program:
    """The scheduler with its default profile."""
    name = "kube-scheduler"
    config = component_kubeconfig(name, f"system:{name}")
    return _program(name, go_program("kubernetes").program(name), _component_flags(name, config))


def _component_flags(name: str, config: Path) -> dict[str, object]:
    pki = lab_dir() / "pki"
    return {
        "kubeconfig": config,
        "authentication-kubeconfig": config,
        "authorization-kubeconfig": config,
        "bind-address": NODE_ADDRESS,
        "tls-cert-file": pki / f"{name}.crt",
        "tls-private-key-file": pki / f"{name}.key",
        "client-ca-file": authority().files.certificate,
        "leader-elect": "false",
    }


def _program(name: str, binary: Path, flags: dict[str, object]) -> Program:
    return Program(name, [str(binary), *(f"--{flag}={value}" for flag, value in flags.items())])
