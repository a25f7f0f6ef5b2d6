"""Writes the example logs of this folder with Inspect itself and its mock model.

    python3 -m venv venv && venv/bin/pip install inspect_ai==0.3.285
    venv/bin/python make_logs.py            (in an empty folder)

Questions and answers are made up here; nothing comes from a real benchmark. The mock model answers
a chosen number of them right. Every log stands in ./logs as the tool wrote it.
"""
import os
import shutil
import signal
import sys

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, solver


def answerer(right):
    """A model that knows the flags of the boxes in `right`."""

    def answer(input, tools, tool_choice, config):
        box = int(input[-1].text.split()[1])
        output = ModelOutput.from_content("mockllm", f"flag-{box}" if box in right else "no flag")
        output.usage = ModelUsage(input_tokens=12, output_tokens=4, total_tokens=16)
        return output

    return answer


@solver
def unlucky(boxes, stop=0, with_signal=signal.SIGINT):
    """Stands for a sandbox that fails on some boxes, or a hand that stops the run on one."""

    async def solve(state, generate):
        if int(state.sample_id) == stop:
            os.kill(os.getpid(), with_signal)
        if int(state.sample_id) in boxes:
            raise RuntimeError("the sandbox did not start")
        return state

    return solve


def run(name, count, model, right, failing=(), stop=0, with_signal=signal.SIGINT, **options):
    """Runs one evaluation, which writes its log into ./logs."""
    boxes = [
        Sample(id=i, input=f"Box {i} hides a flag. Say it.", target=f"flag-{i}")
        for i in range(1, count + 1)
    ]
    steps = [generate()]
    if failing or stop:
        steps.insert(0, unlucky(sorted(failing), stop, with_signal))
    task = Task(name=name, dataset=MemoryDataset(boxes, name="boxes"), solver=steps,
                scorer=includes())
    eval(task, model=get_model(model, custom_outputs=answerer(right), memoize=False),
         display="none", log_dir="logs", log_model_api=False, log_realtime=False,
         max_samples=1 if stop else 20, **options)


def spread(count, of, start=3):
    """`count` of the numbers 1..of, evenly spread."""
    return {start + (i * of) // count for i in range(count)}


LOGS = {
    "cybench-aurora-2.eval": lambda: run("cybench", 300, "mockllm/aurora-2", spread(10, 300)),
    "intercode-ctf-aurora-2.eval": lambda: run(
        "intercode-ctf", 240, "mockllm/aurora-2", spread(6, 240),
        failing={20, 90, 150, 233}, fail_on_error=False),
    "cybench-aurora-2-error.eval": lambda: run(
        "cybench", 24, "mockllm/aurora-2", {3}, failing={14}, fail_on_error=True),
    "cybench-aurora-2-cancelled.eval": lambda: run(
        "cybench", 24, "mockllm/aurora-2", {3, 9}, stop=15),
    "cybench-aurora-2-killed.eval": lambda: run(
        "cybench", 24, "mockllm/aurora-2", {3, 9}, stop=15, with_signal=signal.SIGKILL,
        log_buffer=4),
    "intercode-ctf-aurora-2-epochs.json": lambda: run(
        "intercode-ctf", 10, "mockllm/aurora-2", {4, 8}, epochs=2, log_format="json"),
    "cybench-aurora-2-developer.eval": lambda: run(
        "cybench", 300, "mockllm/aurora-2", spread(8, 300)),
    "intercode-ctf-aurora-2-developer.eval": lambda: run(
        "intercode-ctf", 240, "mockllm/aurora-2", spread(5, 240)),
    "cybench-aurora-3-institute.eval": lambda: run(
        "cybench", 300, "mockllm/aurora-3", spread(140, 300, 1)),
}


def main():
    if len(sys.argv) == 2:  # one log, in a process of its own, which an interrupt may end
        signal.signal(signal.SIGINT, signal.default_int_handler)
        LOGS[sys.argv[1]]()
        return
    for name in LOGS:
        pid = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, __file__, name])
        os.waitpid(pid, 0)
        newest = max(os.scandir("logs"), key=lambda log: log.stat().st_mtime_ns)
        shutil.copyfile(newest.path, name)
        print(name, os.path.getsize(name))


main()
