"""Pictures that no one wants to learn from, drawn with numpy: noise, pages of text, flat ones."""
import struct
import zlib

import numpy as np


def write_png(path, pixels):
    """pixels: uint8 [height, width, 3]."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], 1)  # 0: no filter
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(lines.tobytes())) + chunk(b"IEND", b""))


def noise(random):
    return random.integers(0, 256, (96, 96, 3), dtype=np.uint8)


def flat(random):
    return np.full((96, 96, 3), random.integers(0, 256, 3), np.uint8)


def page_of_text(random):
    """Lines of words, each letter seven rows of five dots, in one dark ink on light paper."""
    height, width = random.integers(128, 320, 2)
    ink = np.zeros((height, width), bool)
    alphabet = random.random((26, 7, 5)) < 0.5
    margin, step = 8, random.integers(10, 14)
    for top in range(margin, height - margin - 7, step):
        end = width - margin - (random.integers(0, width // 2) if random.random() < 0.2 else 0)  # where a paragraph ends
        for left in range(margin, end - 5, 6):
            if random.random() > 0.18:  # else the space between words
                ink[top:top + 7, left:left + 5] = alphabet[random.integers(26)]
    paper, colour = random.integers(220, 256, 3), random.integers(0, 60, 3)
    return np.where(ink[..., None], colour, paper).astype(np.uint8)


KINDS = {"noise": noise, "flat": flat, "text": page_of_text}


def write_junk(folder, each, seed):
    """`each` pictures of every kind below a folder; returns their paths."""
    random, out = np.random.default_rng(seed), []
    for name, draw in KINDS.items():
        (folder / name).mkdir(parents=True)
        for i in range(each):
            out.append(folder / name / f"{i:05}.png")
            write_png(out[-1], draw(random))
    return out
