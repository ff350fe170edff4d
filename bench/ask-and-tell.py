"""What one `ask` and one `tell` cost, with finished trials in the store: over HTTP, as commands beside a run, as commands alone.

    python3 bench/ask-and-tell.py src/Orchestrator/bin/Release/net10.0/orchestrator.dll [FINISHED]
"""

import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = ["dotnet", sys.argv[1]]
FINISHED = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
FOLDER = tempfile.mkdtemp()
DATA = os.path.join(FOLDER, "data")
SOCKET = os.path.join(DATA, "socket", "coordinator")
FILE = os.path.join(FOLDER, "bench.yaml")
SWEEP = f"""
workload: external
metric: {{ name: loss, goal: minimize }}
trials: {FINISHED + 100}
parameters: {{ rate: {{ low: 1e-4, high: 1, log: true }}, steps: 5 }}
"""


class Coordinator(http.client.HTTPConnection):
    def __init__(self):
        super().__init__("localhost")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)

    def post(self, path, **body):
        self.request("POST", path, json.dumps(body))
        answer = self.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise ValueError(text)
        return json.loads(text)

    def ask(self):
        return self.post("/sweeps/bench/ask")["attempt"]

    def tell(self, attempt, step, done):
        self.post(f"/sweeps/bench/trials/{attempt}/tell", values={"loss": 1 / step}, step=step, done=done)


def command(*arguments):
    done = subprocess.run([*PROGRAM, *arguments, "--data", DATA], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def tell_by_command(attempt):
    command("tell", "bench", attempt, "--value", "loss=0.1", "--step", "5", "--done")


def measure(name, times, ask, tell):
    asks, tells = [], []
    for _ in range(times):
        begun = time.perf_counter()
        attempt = ask()
        asked = time.perf_counter()
        tell(attempt)
        asks.append(asked - begun)
        tells.append(time.perf_counter() - asked)
    print(f"{name:24} ask {statistics.median(asks) * 1e3:7.1f} ms   tell {statistics.median(tells) * 1e3:7.1f} ms")


with open(FILE, "w", encoding="utf-8") as file:
    file.write(SWEEP)
try:
    run = subprocess.Popen([*PROGRAM, "run", FILE, "--quiet", "--data", DATA], stdout=subprocess.DEVNULL)
    while not os.path.exists(SOCKET):
        time.sleep(0.05)
    http_client = Coordinator()
    for _ in range(FINISHED):
        given = http_client.ask()
        for at in range(1, 6):
            http_client.tell(given, at, done=at == 5)
    measure("HTTP", 30, http_client.ask, lambda attempt: http_client.tell(attempt, 5, True))
    measure("commands beside a run", 7, lambda: command("ask", "bench")["attempt"], tell_by_command)
    run.send_signal(signal.SIGINT)
    run.wait()
    measure("commands alone", 7, lambda: command("ask", "bench")["attempt"], tell_by_command)
finally:
    shutil.rmtree(FOLDER)
