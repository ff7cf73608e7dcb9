"""Programs that run to their end, with stdout and stderr apart."""

import json
import os
import subprocess
from pathlib import Path

from support import environment


class Outcome:
    """How a program ended."""

    def __init__(self, finished):
        self.code = finished.returncode
        self.out = finished.stdout.decode("utf-8")
        self.err = finished.stderr.decode("utf-8")

    def __repr__(self):
        return f"exit code {self.code}, stdout:\n{self.out}\nstderr:\n{self.err}"


def execute(command, environ=None, cwd=None, stdin=None):
    """Runs `command`; its Outcome. `stdin`: bytes that it reads."""
    # What the caller's shell has set must not reach a headgate that is asked what its variables do.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEADGATE_")}
    source = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    return Outcome(subprocess.run([str(word) for word in command], capture_output=True, check=False, cwd=cwd, timeout=environment.patience(20),
                                  env={**inherited, "HEADGATE_ADMIN": "127.0.0.1:0", **(environ or {})}, **source))


def headgate(*arguments, **options):
    """Runs headgate with arguments that make it end by itself."""
    return execute([environment.headgate, *arguments], **options)


def headgateWith(folder, configuration, *arguments, **options):
    """The same with a configuration: a dict, or the text of a file."""
    path = Path(folder) / "refused.json"
    path.write_text(configuration if isinstance(configuration, str) else json.dumps(configuration), encoding="utf-8")
    return headgate("-c", path, *arguments, **options)
