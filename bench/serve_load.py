#!/usr/bin/env python3
"""Load and attacks on `troodon serve`, over loopback, bounded in count and time; prints a table, exits 1 on a broken promise.

  python3 bench/serve_load.py --seconds 60 --clients 64
"""
import argparse
import asyncio
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build" / "release")).resolve()
TOKEN = "load-test-token"


class Server:
    """A server of its own on any free port."""

    def __init__(self, folder, *words):
        self.process = subprocess.Popen([str(BUILD / "cli" / "troodon"), "serve", str(folder), "--port", "0", "--json", *map(str, words)],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"troodon serve {folder} did not start (exit {self.process.wait()})")
        self.port = json.loads(line)["port"]

    def resident(self):
        """Memory in MiB."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0

    def worked(self):
        """CPU-seconds so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


class Client:
    """One keep-alive connection; opened again where the server closed it."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, method, path, body=None, headers=()):
        """-> (status, headers, body)"""
        for attempt in (0, 1):
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 26)
            lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
            if body is not None:
                lines.append(f"Content-Length: {len(body)}")
            try:
                self.writer.write("\r\n".join(lines + ["", ""]).encode() + (body or b""))
                await self.writer.drain()
                return await self.reply(method)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if attempt:
                    raise

    async def reply(self, method):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        length = int(headers.get("content-length", 0)) if method != "HEAD" else 0
        body = await self.reader.readexactly(length)
        if headers.get("connection") == "close":
            self.close()
        return int(head[0].split()[1]), headers, body

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def raw(port, data, seconds=20):
    """Sends bytes, returns the status of what comes back; 0: only a closed connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        line = await asyncio.wait_for(reader.readline(), seconds)
        return int(line.split()[1]) if line else 0
    except (ConnectionError, asyncio.TimeoutError):
        return 0
    finally:
        writer.close()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pixel_bomb(side=30000):
    """A small PNG file of side x side black pixels, one bit each."""
    packer, packed = zlib.compressobj(9), []
    row = b"\0" * (1 + (side + 7) // 8)
    for _ in range(side // 100):
        packed.append(packer.compress(row * 100))
    packed.append(packer.flush())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)) + chunk(b"IDAT", b"".join(packed)) + chunk(b"IEND", b"")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


# Throughput: everybody searches by a picture of their own.

async def searching(port, bodies, clients, seconds):
    """-> searches a second, latencies in seconds"""
    end, latencies, statuses = time.monotonic() + seconds, [], collections.Counter()

    async def one(number):
        client, draw = Client(port), random.Random(number)
        while time.monotonic() < end:
            start = time.monotonic()
            status, _, _ = await client.ask("POST", "/v1/search?k=10", draw.choice(bodies), ["Content-Type: image/jpeg"])
            statuses[status] += 1
            if status == 200:
                latencies.append(time.monotonic() - start)
        client.close()

    start = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(clients)))
    return len(latencies) / (time.monotonic() - start), latencies, statuses


async def metric(port, name):
    _, _, body = await Client(port).ask("GET", "/metrics")
    return next(float(line.split()[1]) for line in body.decode().splitlines() if line.startswith(name + " "))


async def throughput(folder, bodies, options, report):
    """The same load on a server that batches and on one that does not, in turns."""
    servers = {"batched": Server(folder), "one by one": Server(folder, "--no-batching")}
    rates, times, work = collections.defaultdict(list), collections.defaultdict(list), collections.Counter()
    try:
        for server in servers.values():
            await searching(server.port, bodies, 4, 1)
        for _ in range(options.rounds):
            for name, server in servers.items():
                before = server.worked()
                rate, latencies, _ = await searching(server.port, bodies, options.clients, options.window)
                work[name] += server.worked() - before
                rates[name].append(rate)
                times[name] += latencies
        batches = await metric(servers["batched"].port, "troodon_batches_total")
        pictures = await metric(servers["batched"].port, "troodon_batch_pictures_total")
    finally:
        for server in servers.values():
            server.stop()
    for name in servers:
        report[f"searches a second, {name}"] = statistics.median(rates[name])
        report[f"CPU ms a search, {name}"] = 1000 * work[name] / max(1, len(times[name]))
        report[f"p50 ms, {name}"] = 1000 * percentile(times[name], 0.5)
        report[f"p99 ms, {name}"] = 1000 * percentile(times[name], 0.99)
    report["pictures in a batch, mean"] = pictures / max(batches, 1)
    report["batching gains"] = report["searches a second, batched"] / report["searches a second, one by one"]


# Soak: good and bad requests, mixed.

def mixed_request(draw, bodies, refs):
    """-> (method, path, body, headers, statuses that are right)"""
    ref, body = draw.choice(refs), draw.choice(bodies)
    search = json.dumps({"plus": [ref], "k": 12}).encode()
    return draw.choices([
        ("GET", "/health", None, (), {200}),
        ("GET", f"/v1/pictures/{ref}/image?size={draw.choice([128, 256])}", None, (), {200}),
        ("GET", f"/v1/pictures?offset={draw.randrange(len(refs))}&limit=20", None, (), {200}),
        ("POST", "/v1/search", search, ("Content-Type: application/json",), {200}),
        ("POST", "/v1/search?k=5", body, ("Content-Type: image/jpeg",), {200}),
        ("POST", "/v1/uploads", body, (), {201}),
        ("GET", f"/v1/pictures/{ref}/tokens", None, (), {200}),
        ("GET", "/v1/pictures/999999999", None, (), {404}),
        ("GET", "/v1/pictures/..%2f..%2fetc%2fpasswd/image", None, (), {404}),
        ("POST", "/v1/search", b"{\"plus\": [", ("Content-Type: application/json",), {400}),
        ("POST", "/v1/search", body[:len(body) // 3], ("Content-Type: image/jpeg",), {415, 422, 200}),
        ("POST", "/v1/uploads", b"no picture", (), {415}),
        ("GET", "/v1/pictures?filter=%22", None, (), {400}),
        ("PUT", "/v1/search", b"", (), {405}),
        ("GET", "/v1/none", None, (), {404}),
    ], weights=[4, 12, 4, 12, 6, 2, 4, 2, 2, 2, 1, 2, 2, 1, 2])[0]


async def soak(server, bodies, options, report):
    _, _, rows = await Client(server.port).ask("GET", "/v1/pictures?limit=1000")
    refs = [row["ref"] for row in json.loads(rows)["pictures"]]
    end, latencies, statuses, wrong, memory = time.monotonic() + options.seconds, [], collections.Counter(), collections.Counter(), []

    async def one(number):
        client, draw = Client(server.port), random.Random(number)
        while time.monotonic() < end:
            method, path, body, headers, right = mixed_request(draw, bodies, refs)
            start = time.monotonic()
            status, fields, _ = await client.ask(method, path, body, headers)
            latencies.append(time.monotonic() - start)
            statuses[status] += 1
            if status not in right and not (status == 503 and "retry-after" in fields):
                wrong[f"{method} {path.split('?')[0]} -> {status}"] += 1
        client.close()

    async def watch():
        while time.monotonic() < end:
            memory.append(server.resident())
            await asyncio.sleep(max(0.2, options.seconds / 60))

    await asyncio.gather(watch(), *(one(number) for number in range(options.clients)))
    third = len(memory) // 3
    report["requests"] = len(latencies)
    report["requests a second"] = len(latencies) / options.seconds
    report["p50 ms"] = 1000 * percentile(latencies, 0.5)
    report["p99 ms"] = 1000 * percentile(latencies, 0.99)
    report["replies"] = " ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    report["memory MiB, middle and last third"] = f"{statistics.median(memory[third:2 * third]):.0f} {statistics.median(memory[2 * third:]):.0f}"
    report["memory grows by"] = statistics.median(memory[2 * third:]) / statistics.median(memory[third:2 * third]) - 1
    return [f"unexpected reply: {what} ({count} times)" for what, count in wrong.items()]


# Attacks.

async def slow_loris(port, count, seconds):
    """Connections that send a byte now and then; -> how many of them still live at the end."""
    async def one(head):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.3)
                if reader.at_eof():
                    return 0
            return 1
        except ConnectionError:
            return 0
        finally:
            writer.close()

    heads = [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"]
    return sum(await asyncio.gather(*(one(heads[i % 2]) for i in range(count))))


async def endless(port, head, piece, most=1 << 30):
    """Sends a body without end; -> (status, MiB that the server took)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    sent, reply = 0, asyncio.ensure_future(reader.readline())
    try:
        while sent < most and not reply.done():
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), 30)
            sent += len(piece)
        line = await asyncio.wait_for(reply, 30)
        return (int(line.split()[1]) if line else 0), sent / (1 << 20)
    except (ConnectionError, asyncio.TimeoutError):
        return (int(reply.result().split()[1]) if reply.done() and not reply.exception() and reply.result() else 0), sent / (1 << 20)
    finally:
        reply.cancel()
        writer.close()


async def health(port):
    start = time.monotonic()
    status, _, _ = await Client(port).ask("GET", "/health")
    return status, 1000 * (time.monotonic() - start)


async def attacks(folder, options, report):
    faults = []
    server = Server(folder, "--token", TOKEN, "--timeout", 3)
    key, port = f"Authorization: Bearer {TOKEN}", server.port

    def expect(what, status, right):
        report[what] = status
        if status not in right:
            faults.append(f"{what}: {status}, wanted {right}")

    try:
        client = Client(port)
        for name, header in [("no token", ()), ("a wrong token", ("Authorization: Bearer load-test-toke",)), ("a wrong cookie", ("Cookie: troodon=1",))]:
            expect(name, (await client.ask("GET", "/v1/collection", None, header))[0], {401})
        expect("the right token", (await client.ask("GET", "/v1/collection", None, [key]))[0], {200})
        before = server.resident()
        head = f"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\n{key}\r\n"
        status, taken = await endless(port, f"{head}Content-Length: 1073741824\r\n\r\n".encode(), b"x" * 65536)
        expect("a body of 1 GB, announced", status, {413})
        status, taken = await endless(port, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode(), b"10000\r\n" + b"x" * 65536 + b"\r\n")
        expect("a body of 1 GB, in chunks", status, {413})
        expect("a packed body", await raw(port, f"{head}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc".encode()), {415})
        expect("a pixel bomb", (await client.ask("POST", "/v1/uploads", pixel_bomb(), [key]))[0], {413})
        for path in ["/../../../../etc/passwd", "/v1/pictures/..%2f..%2f..%2fetc%2fpasswd/image", "/v1/projects/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd"]:
            status, _, body = await client.ask("GET", path, None, [key])
            if b"root:" in body:
                faults.append(f"{path}: a file outside was sent")
            expect(f"GET {path}", status, {404, 422})
        expect("another Host", await raw(port, b"GET /health HTTP/1.1\r\nHost: rebound.example\r\n\r\n"), {400})
        expect("a page of another site", (await client.ask("POST", "/v1/index", b"", [key, "Origin: http://evil.example"]))[0], {403})
        expect("a head without end", (await endless(port, b"GET / HTTP/1.1\r\n", b"X: " + b"x" * 4096, 1 << 24))[0], {431, 400})
        loris = asyncio.ensure_future(slow_loris(port, options.loris, 6))
        await asyncio.sleep(1)
        status, milliseconds = await health(port)
        expect("alive under slow connections", status, {200})
        report["and answers in ms"] = milliseconds
        expect("slow connections left after twice the timeout", await loris, {0})
        report["memory MiB, before and after"] = f"{before:.0f} {server.resident():.0f}"
        expect("alive at the end", (await health(port))[0], {200})
    finally:
        code = server.stop()
    expect("exit after Ctrl-C", code, {130})
    return faults


async def run(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_load_"))
    try:
        if options.pictures:
            shutil.copytree(options.pictures, folder / "pictures", ignore=shutil.ignore_patterns(".troodon"))
        else:
            subprocess.run([str(BUILD / "examples" / "world" / "troodon-world"), "images", "--out", str(folder / "pictures"), "--count", str(options.count), "--size", "160"],
                           check=True, capture_output=True)
        files = sorted(path for path in (folder / "pictures").rglob("*") if path.suffix in (".jpg", ".jpeg", ".png"))
        bodies = [path.read_bytes() for path in files if path.stat().st_size > 1000][:200]
        added = subprocess.run([str(BUILD / "cli" / "troodon"), "index", "add", str(folder / "pictures"), "--progress", "none"], capture_output=True, text=True)
        if added.returncode not in (0, 8):  # 8: some can't be read
            raise SystemExit(added.stderr)
        report, faults = {}, []
        if options.rounds:
            await throughput(folder / "pictures", bodies, options, report)
        server = Server(folder / "pictures")
        try:
            await soak(server, bodies, argparse.Namespace(clients=options.clients, seconds=options.warm), {})
            faults += await soak(server, bodies, options, report)
        finally:
            server.stop()
        faults += await attacks(folder / "pictures", options, report)
        if report["memory grows by"] > options.growth:
            faults.append(f"memory grows by {100 * report['memory grows by']:.1f} % from the middle to the last third")
        return report, faults
    finally:
        shutil.rmtree(folder)


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of mixed requests")
    parser.add_argument("--warm", type=float, default=30, help="seconds of them before, which fill the caches")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3, help="of each throughput measurement; 0: none")
    parser.add_argument("--window", type=float, default=6, help="seconds of one")
    parser.add_argument("--loris", type=int, default=100, help="slow connections")
    parser.add_argument("--growth", type=float, default=0.1, help="of memory, allowed")
    parser.add_argument("--count", type=int, default=300, help="pictures, rendered")
    parser.add_argument("--pictures", help="a folder of pictures instead")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(words)
    report, faults = asyncio.run(run(options))
    if options.json:
        print(json.dumps({**report, "faults": faults}))
    else:
        for name, value in report.items():
            print(f"{name:52} {value:.4g}" if isinstance(value, float) else f"{name:52} {value}")
        print("\n".join(f"FAULT: {fault}" for fault in faults) or "no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
