"""Read by pyinfra before anything else, from the folder that it is started in."""

from pyinfra import config

config.REQUIRE_PYINFRA_VERSION = "~=3.10"
