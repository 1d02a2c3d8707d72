"""`python -m plcmon` is the `plcmon` command."""

from plcmon.cli.main import main

if __name__ == "__main__":
    main()
