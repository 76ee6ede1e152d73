import sys

from sotto_train.cli import main

sys.exit(main())
