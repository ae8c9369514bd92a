"""What Trino lacks of the platform is one clear message, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lakestead.kube.client import Api
from lakestead.kube.pods import ready_pod
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from tests.lab.conftest import Lab, said
from tests.lab.test_phase1 import audit_position, writes_since

SECRET = {"rm": "", "create": '--secret-key="$key"'}
ALL_ROWS = "SELECT * FROM lakehouse.lakestead.first_light"


@pytest.fixture(scope="module", autouse=True)
def _applied(lab: Lab) -> None:
    lab.apply(1, 2, 3)


@pytest.fixture
def refused_key(api: Api, settings: Settings) -> Iterator[None]:
    """The gateway has forgotten the lakehouse's key, and is given it back."""
    section = settings.object_storage
    key = user_secret(section.user.secret).read(api)
    assert key is not None

    def admin(command: str) -> None:
        pod = ready_pod(api, section.namespace, "deploy/rook-ceph-tools")
        of_user = f"--uid={section.user.uid} --key-type=s3 --access-key={key.access_key}"
        shell = [
            "sh",
            "-c",
            f"read -r key; radosgw-admin key {command} {of_user} {SECRET[command]}",
        ]
        done = api.exec(section.namespace, pod, shell, stdin=f"{key.secret_key}\n".encode())
        assert done.rc == 0, done.stderr.decode()

    admin("rm")
    yield
    admin("create")


def ask(lab: Lab) -> tuple[int, str]:
    done = lab.lakestead("query", "-i", "inventories/lab.py", ALL_ROWS)
    return done.returncode, said(done)


@pytest.mark.usefixtures("refused_key")
def test_a_key_that_the_gateway_refuses_is_said(lab: Lab) -> None:
    code, told = ask(lab)
    assert code == 1
    assert "the gateway refuses the key that Trino's pods were started with" in told
    position = audit_position()
    done = lab.pyinfra("deploys/phase3.py", "-y")
    assert done.returncode == 1
    assert "the gateway refuses the key" in said(done)
    assert "Traceback" not in told + said(done)
    assert writes_since(position) == []


def test_with_its_key_it_answers_again(lab: Lab) -> None:
    assert ask(lab)[0] == 0
