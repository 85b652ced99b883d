"""`python -m callcore`, started by ./dealerline."""

from callcore.cli import main

if __name__ == "__main__":
    main()
