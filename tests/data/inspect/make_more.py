"""Writes the logs of this folder with Inspect itself: the shapes that examples/aurora/evals lacks.

    venv/bin/pip install inspect_ai==0.3.285; venv/bin/python make_more.py      (in an empty folder)
"""
import glob
import math
import os
import shutil

from inspect_ai import Epochs, Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log._recorders.chunked.convert import convert_eval_logs_to_chunked
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import (Score, accuracy, at_least, max_score, mean, mean_score, median_score,
                               mode_score, pass_at, pass_k, scorer, std, stderr, var)
from inspect_ai.solver import generate


def answer(input, tools, tool_choice, config):
    output = ModelOutput.from_content("mockllm", "no flag")
    output.usage = ModelUsage(input_tokens=12, output_tokens=4, total_tokens=16)
    return output


@scorer(metrics=[accuracy(), mean(), stderr(), stderr(cluster="group"), std(), var()])
def varied():
    """Values that differ between the epochs; every seventh attempt is not scored."""

    async def score(state, target):
        n = int(state.sample_id) * 7 + state.epoch * 3
        return Score(value=math.nan if n % 7 == 2 else [1, 0, 1, 0.5, 0][n % 5])

    return score


@scorer(metrics={"*": [mean(), stderr()]})
def keyed():
    """An object of values."""

    async def score(state, target):
        n = int(state.sample_id) + state.epoch
        return Score(value={"found": n % 3 == 0, "depth": n % 4})

    return score


@scorer(metrics=[accuracy(), stderr()])
def words():
    """Words in place of numbers."""

    async def score(state, target):
        return Score(value="CIPN"[(int(state.sample_id) + state.epoch) % 4])

    return score


def run(name, scorers, reducers, **options):
    boxes = [Sample(id=i, input=f"Box {i}", target="x", metadata={"group": "ab"[i % 2] + str(i % 3)})
             for i in range(1, 9)]
    task = Task(name=name, dataset=MemoryDataset(boxes, name="boxes"), solver=generate(),
                scorer=scorers, epochs=Epochs(5, reducers) if reducers else None)
    eval(task, model=get_model("mockllm/m", custom_outputs=answer, memoize=False), display="none",
         log_dir="logs", log_model_api=False, log_realtime=False, **options)
    newest = max(glob.glob("logs/*"), key=os.path.getmtime)
    shutil.copyfile(newest, name + os.path.splitext(newest)[1])


REDUCERS = [mean_score(), median_score(), mode_score(), max_score(), at_least(2), pass_at(2),
            pass_k(2)]
run("reducers", varied(), REDUCERS)
run("keyed", [keyed(), words()], None, limit=6, log_format="json")
run("clusters", [varied(), keyed()], None, message_limit=1)
convert_eval_logs_to_chunked("clusters.eval", "chunked", chunk_size=4)
shutil.move("chunked/clusters.eval", "clusters-chunked.eval")
