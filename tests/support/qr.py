"""Reading QR codes back, with zbar, from the characters or the SVG in which they were printed."""

import pathlib
import re
import subprocess
import tempfile

HALVES = {" ": (0, 0), "▄": (0, 1), "▀": (1, 0), "█": (1, 1)}
SCALE = 6  # pixels a module


def of_characters(lines):
    """Rows of 0 and 1 of half-block lines."""
    rows = []
    for line in lines:
        rows += [[HALVES[c][half] for c in line] for half in (0, 1)]
    return rows


def of_svg(svg):
    """Rows of 0 and 1 of the bars of the path."""
    x, y, width, height = (int(n) for n in re.search(r'viewBox="([^"]+)"', svg)[1].split())
    rows = [[0] * width for _ in range(height)]
    for left, top, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        for i in range(int(run)):
            rows[int(top) - y][int(left) - x + i] = 1
    return rows


def read(rows):
    """The text that the code holds."""
    margin = 4
    width, height = (len(rows[0]) + 2 * margin) * SCALE, (len(rows) + 2 * margin) * SCALE
    pixels = bytearray(b"\xff" * (width * height))
    for y in range(height):
        for x in range(width):
            row, column = y // SCALE - margin, x // SCALE - margin
            if 0 <= row < len(rows) and 0 <= column < len(rows[0]) and rows[row][column]:
                pixels[y * width + x] = 0
    with tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(folder) / "qr.pgm"
        image.write_bytes(b"P5 %d %d 255\n" % (width, height) + pixels)
        return subprocess.run(["zbarimg", "--quiet", "--raw", str(image)], check=True, capture_output=True,
                              text=True).stdout.rstrip("\n")
