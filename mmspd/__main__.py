"""``python -m mmspd``: see :mod:`mmspd.cli`."""

import sys

from mmspd.cli.main import main

if __name__ == '__main__':
    sys.exit(main())
