"""The commands that docs/admin.md shows are true."""

import os
import re
import subprocess

from support import environment
from support.admin import adminAddress
from support.backend import answering
from support.case import Case

PAGE = (environment.ROOT / "docs/admin.md").read_text(encoding="utf-8")


def blocks():
    return re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)


class Manual(Case):
    def test_every_command_does_what_it_says(self):
        self.assertEqual(len(blocks()), 2)
        running = self.proxy(answering(), storage={"memory": {}})
        where = "%s:%d" % adminAddress(running)
        path = f"{environment.headgate.parent}:{os.environ['PATH']}"
        for line in "".join(blocks()).splitlines():
            with self.subTest(line):
                command = line.replace("curl -s", "curl -sS --fail-with-body")
                done = subprocess.run(["bash", "-c", "set -o pipefail; " + command], capture_output=True, text=True, cwd=self.folder, check=False, timeout=environment.patience(30),
                                      env={**os.environ, "ADMIN": f"http://{where}", "HEADGATE_ADMIN": where, "PATH": path})
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
