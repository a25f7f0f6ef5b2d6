"""Writes votes.eval, rescored.eval and edited.eval: epochs that vote, and scores that came later.

    venv/bin/pip install inspect_ai==0.3.285; venv/bin/python make_votes.py   (in an empty folder)
"""
import glob
import math
import os
import shutil
import time

from inspect_ai import Epochs, Task, eval
from inspect_ai import score as score_again
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import ProvenanceData, edit_score, read_eval_log, write_eval_log
from inspect_ai.log._recorders.chunked.convert import convert_eval_logs_to_chunked
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import (Score, ScoreEdit, accuracy, grouped, majority_score, mean, metric,
                               mode_score, scorer, stderr)
from inspect_ai.solver import generate


def answer(input, tools, tool_choice, config):
    output = ModelOutput.from_content("mockllm", "no flag")
    output.usage = ModelUsage(input_tokens=12, output_tokens=4, total_tokens=16)
    return output


@scorer(metrics=[accuracy(), stderr(),
                 grouped(accuracy(), "group", name_template="group {group_name}!")])
def words():
    """Words, of which two are worth the same; ties; epochs without a value."""

    async def score(state, target):
        n = int(state.sample_id)
        n = n * 5 + 3 * (state.epoch // 4 if n % 2 else state.epoch % 2)
        return Score(value=[math.nan, "C", "I", "N", "C", "P", "I"][n % 7])

    return score


@scorer(metrics={"flag": [accuracy(), stderr()], "depth": [mean()]})
def keyed():
    """An object of values, or nothing at all."""

    async def score(state, target):
        n = int(state.sample_id)
        if state.epoch == 2 and n % 3 == 0:
            return Score(value=math.nan)
        n += state.epoch // 4
        return Score(value={"flag": "CINC"[n % 4], "depth": n % 3})

    return score


@metric
def summary():
    """Several figures of one metric."""

    def compute(scores):
        values = [getattr(s, "score", s).as_float() for s in scores]
        return {"worst": min(values), "number": len(values)}

    return compute


@scorer(metrics=[accuracy(), summary()])
def later():
    """What another scorer says afterwards."""

    async def score(state, target):
        return Score(value="C")

    return score


def newest():
    return max(glob.glob("logs/*"), key=os.path.getmtime)


def run(name, scorers, epochs):
    boxes = [Sample(id=i, input=f"Box {i}", target="x", metadata={"group": "abc"[i % 3]})
             for i in range(1, 8)]
    task = Task(name=name, dataset=MemoryDataset(boxes, name="boxes"), solver=generate(),
                scorer=scorers, epochs=epochs)
    eval(task, model=get_model("mockllm/m", custom_outputs=answer, memoize=False), display="none",
         log_dir="logs", log_model_api=False, log_realtime=False)
    return read_eval_log(newest())


run("votes", [words(), keyed()], Epochs(4, [mode_score(), majority_score()]))
shutil.copyfile(newest(), "votes.eval")
log = run("plain", words(), None)
time.sleep(3)
write_eval_log(score_again(log, later(), action="append"), "rescored.eval")
convert_eval_logs_to_chunked("rescored.eval", "chunked", chunk_size=4)
shutil.move("chunked/rescored.eval", "rescored-chunked.eval")
log = read_eval_log(newest())
edit_score(log, 3, "words", ScoreEdit(value="C", provenance=ProvenanceData(author="a", reason="b")))
write_eval_log(log, "edited.eval")
