"""The lab's Git server as a process on loopback, used with the Git command line and raw HTTP."""

from __future__ import annotations

import base64
import gzip
import os
import socket
import subprocess
from pathlib import Path

import pytest


def git(folder: Path, *arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
    helper = '!f() { echo username=lakestead; printf "password=%s\\n" "$GIT_TEST_PASSWORD"; }; f'
    environment = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_TEST_PASSWORD": password,
        "LC_ALL": "C",
    }
    author = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    command = ["git", "-C", str(folder), *author, "-c", f"credential.helper={helper}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def commit(folder: Path, size: int = 10) -> None:
    git(folder, "init", "-q", "-b", "main")
    (folder / "file").write_bytes(os.urandom(size))
    git(folder, "add", "file")
    assert git(folder, "commit", "-q", "-m", "a file").returncode == 0


def push(server, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return git(folder, "push", *arguments, server.url, "HEAD:main", password=server.password)


def test_push_and_clone(server, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    # More than http.postBuffer (1 MiB): git sends it chunked, after a probe request.
    commit(work, size=5_000_000)
    pushed = push(server, work)
    assert pushed.returncode == 0, pushed.stderr
    cloned = git(tmp_path, "clone", server.url, "clone", password=server.password)
    assert cloned.returncode == 0, cloned.stderr
    assert (tmp_path / "clone/file").read_bytes() == (work / "file").read_bytes()


@pytest.mark.parametrize("verb", ["clone", "push"])
def test_wrong_password_is_refused(server, tmp_path: Path, verb: str) -> None:
    commit(tmp_path)
    arguments = {"clone": ["clone", server.url, "copy"], "push": ["push", server.url, "HEAD:main"]}
    refused = git(tmp_path, *arguments[verb], password="guess")
    assert refused.returncode == 128
    assert "Authentication failed" in refused.stderr


def test_a_rewritten_branch_is_refused(server, tmp_path: Path) -> None:
    commit(tmp_path)
    assert push(server, tmp_path).returncode == 0
    git(tmp_path, "commit", "-q", "--amend", "-m", "another")
    refused = push(server, tmp_path, "--force")
    assert "denying non-fast-forward" in refused.stderr
    assert "[remote rejected]" in refused.stderr


def test_protocol_version_2_and_gzip(server, tmp_path: Path) -> None:
    commit(tmp_path)
    push(server, tmp_path)
    advertised = server.http(
        "GET", "/homelab.git/info/refs?service=git-upload-pack", Git_Protocol="version=2"
    )
    assert b"version 2" in advertised[1]
    request = gzip.compress(b"0014command=ls-refs\n00010009peel\n0000")
    for body in (request, iter([request[:9], request[9:]])):  # with a length, and chunked
        status, answer = server.http(
            "POST",
            "/homelab.git/git-upload-pack",
            body,
            Git_Protocol="version=2",
            Content_Encoding="gzip",
            Content_Type="application/x-git-upload-pack-request",
        )
        assert status == 200
        assert b"refs/heads/main" in answer


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/-/alive", 200),
        ("/-/ready/homelab.git", 200),
        ("/-/ready/another.git", 404),
        ("/homelab.git/config", 404),
        ("/homelab.git/../../password", 404),
        ("/other.git/info/refs?service=git-upload-pack", 404),
    ],
)
def test_paths(server, path: str, status: int) -> None:
    assert server.http("GET", path)[0] == status


def test_charts_are_there_for_anyone_and_nothing_else_is(server, tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts/index.yaml").write_bytes(b"apiVersion: v1\n")
    assert server.http("GET", "/charts/index.yaml", password="") == (200, b"apiVersion: v1\n")
    assert server.http("GET", "/charts/another.tgz", password="")[0] == 404
    for path in ("/charts/../password", "/charts/%2e%2e%2fpassword", "/charts/", "/charts/.x"):
        status, answer = server.http("GET", path, password="")
        assert status == 401, path
        assert server.password.encode() not in answer


def test_not_ready_without_its_repository(server, tmp_path: Path) -> None:
    server.repository.rename(tmp_path / "gone")
    assert server.http("GET", "/-/ready/homelab.git", password="")[0] == 503


def test_a_broken_chunk_does_not_stop_the_server(server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        token = base64.b64encode(f"lakestead:{server.password}".encode())
        raw.sendall(
            b"POST /homelab.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/x-git-upload-pack-request\r\n"
            b"Authorization: Basic " + token + b"\r\n\r\nnot a size\r\n"
        )
        raw.makefile("rb").read()
    assert server.http("GET", "/-/alive")[0] == 200


def test_restart_keeps_the_data_and_mends_a_killed_push(server, start, tmp_path: Path) -> None:
    commit(tmp_path)
    assert push(server, tmp_path).returncode == 0
    head = git(tmp_path, "rev-parse", "HEAD").stdout.strip()
    assert server.stop() == 0
    (server.repository / "refs/heads/main.lock").touch()  # what a killed receive-pack leaves
    again = start()
    listed = git(tmp_path, "ls-remote", again.url, "main", password=again.password)
    assert head in listed.stdout
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "next")
    assert push(again, tmp_path).returncode == 0
