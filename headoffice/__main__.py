"""`python -m headoffice`: head office on the command line; `ingest` is its worker."""

import sys

from headoffice.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
