"""The command `troodon`: becomes the program that the wheel carries."""
import os
import pathlib
import sys


def main() -> None:
    program = pathlib.Path(__file__).parent / "bin" / "troodon"
    os.execv(program, ["troodon", *sys.argv[1:]])
