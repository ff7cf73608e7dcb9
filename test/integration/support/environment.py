"""What the tests were started with: the programs under test, and how slow they are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
headgate = None  # Path of the program
origin = None  # Path of headgate-origin
lane = "dev"


def setUp(headgate_path, origin_path, lane_name):
    """Called once, before any test."""
    global headgate, origin, lane
    headgate, origin, lane = headgate_path, origin_path, lane_name


def slow():
    """Whether a sanitizer is in the programs."""
    return lane in ("asan", "tsan")


def patience(seconds=10.0):
    """How long to wait, at most, for what should happen at once. Reaching it is a failure."""
    return seconds * (4 if slow() else 1)
