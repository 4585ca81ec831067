"""Run the command line: `python -m visma_busy_sync.cli`."""

import sys

from visma_busy_sync.cli import main

if __name__ == "__main__":
    sys.exit(main())
