"""On PYTHONPATH of a test's subprocess: it has no module that Windows has not."""

import sys

for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None  # type: ignore[assignment]
