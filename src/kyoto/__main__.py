"""``python -m kyoto``."""

from kyoto.cli.main import main

main()
