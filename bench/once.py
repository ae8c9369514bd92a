"""Run a command once and print how long it took and how much memory its processes had.

python -I -S once.py OUTPUT COMMAND [ARGUMENT]...

A program of its own, and a small one: Linux counts the memory of whoever starts a process as that
process's own peak.
"""

import json
import os
import sys
import time

output, *command = sys.argv[1:]
actions = [
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    (os.POSIX_SPAWN_DUP2, 1, 2),
]
start = time.perf_counter()
pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
_, status, usage = os.wait4(pid, 0)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - start,
            "code": os.waitstatus_to_exitcode(status),
            "rss_mib": usage.ru_maxrss / 1024,
            "cpu_s": usage.ru_utime + usage.ru_stime,
        }
    )
)
