"""`python -m homehd` is `homehd`."""

import sys

from homehd.cli import main

sys.exit(main())
