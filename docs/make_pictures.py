"""Make the pictures of the README from a real run: `python docs/make_pictures.py` (needs Chromium).

docs/images/train.png is what `handnn train` printed, docs/images/tensorboard.png what TensorBoard shows of that run,
docs/images/compare.png a plot that `handnn compare` left.
"""

import io
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from PIL import Image, ImageChops
from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
COLUMNS = 80
BROWSER = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)


def main() -> None:
    if BROWSER is None:
        sys.exit("this needs Chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = ["handnn", "train", "--run", "digits"]
        environment = {
            "PATH": str(Path(sys.executable).parent),
            "COLUMNS": str(COLUMNS),
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
        }
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        terminal(f"$ {' '.join(command)}\n{done.stdout}", Path(folder), IMAGES / "train.png")
        tensorboard(Path(folder), IMAGES / "tensorboard.png")
    comparison(IMAGES / "compare.png")


def terminal(text: str, folder: Path, target: Path) -> None:
    """Draw text with terminal colours."""
    console = Console(record=True, file=io.StringIO(), width=COLUMNS + 20, force_terminal=True)
    console.print(Text.from_ansi(text.rstrip()), soft_wrap=True)
    page = console.export_html(inline_styles=True)
    page = re.sub(r"<body>", "<body style='margin:24px;background:#fff;font-size:17px'>", page)
    (folder / "terminal.html").write_text(page, encoding="utf-8")
    shot(f"file://{folder}/terminal.html", target, 900, 700)


def comparison(target: Path) -> None:
    """Compare optimizers on the digits, and keep the curves of the validation loss."""
    with tempfile.TemporaryDirectory() as folder:
        optimizers = "sgd,momentum,rmsprop,adam,nadam,lion"
        command = ["handnn", "compare", "--optimizers", optimizers, "--run", "digits"]
        environment = {"PATH": str(Path(sys.executable).parent), "COLUMNS": str(COLUMNS)}
        print(
            subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
        )
        plot = Image.open(f"{folder}/logs/digits/plots/validation.png").convert("RGB")
        plot.quantize(96, dither=Image.Dither.NONE).save(target, optimize=True)


def tensorboard(folder: Path, target: Path) -> None:
    """Photograph the histograms of both sides."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "tensorboard"), "--logdir", "logs/digits", "--port", str(port)]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                if b"keras/train" in urllib.request.urlopen(f"http://127.0.0.1:{port}/data/runs").read():
                    break
            except OSError:
                continue
        time.sleep(5)
        wanted = "hidden_1/(kernel|bias|delta)/histogram"
        shot(f"http://127.0.0.1:{port}/?darkMode=false#histograms&tagFilter={wanted}", target, 1500, 705)
    finally:
        server.terminate()


def shot(url: str, target: Path, width: int, height: int) -> None:
    """Save a screenshot, its margins cut off and its colours reduced to 128."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=25000"]
        options += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
        places = [
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}",
            f"--screenshot={folder}/shot.png",
        ]
        subprocess.run([str(BROWSER), *options, *places, url], check=True, capture_output=True, timeout=120)
        picture = Image.open(f"{folder}/shot.png").convert("RGB")
        blank = Image.new("RGB", picture.size, picture.getpixel((picture.width - 1, picture.height - 1)))
        box = ImageChops.difference(picture, blank).getbbox() or (0, 0, *picture.size)
        margin = 12
        right, low = min(picture.width, box[2] + margin), min(picture.height, box[3] + margin)
        picture.crop((0, 0, right, low)).quantize(128).save(target, optimize=True)


if __name__ == "__main__":
    main()
