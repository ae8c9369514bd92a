"""In place of the package bcrypt, which cannot be loaded in the manager's subinterpreters."""


def gensalt(rounds=12, prefix=b"2b"):
    raise NotImplementedError("this image has no bcrypt")


def hashpw(password, salt):
    raise NotImplementedError("this image has no bcrypt")
