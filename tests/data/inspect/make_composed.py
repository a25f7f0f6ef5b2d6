"""Writes composed.eval, composed-epochs.eval and collected.eval with Inspect itself: metrics over
    fields of objects, lists of ratings and metadata of scores.

    venv/bin/pip install inspect_ai==0.3.285; venv/bin/python make_composed.py   (in an empty folder)
"""
import glob
import math
import os
import shutil

from inspect_ai import Epochs, Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import (Score, accuracy, aggregate, ci, collect_score, grouped,
                               krippendorff_alpha, max_score, mean, mean_score, metric,
                               perplexity_per_seq, perplexity_per_token, scorer, std, stderr,
                               value_to_float)
from inspect_ai.solver import generate


def answer(input, tools, tool_choice, config):
    output = ModelOutput.from_content("mockllm", "no flag")
    output.usage = ModelUsage(input_tokens=12, output_tokens=4, total_tokens=16)
    return output


@metric
def own():
    """A definition that only this file has."""

    def compute(scores):
        return 0.25

    return compute


@scorer(metrics=[aggregate("found", mean()), aggregate("found", stderr(cluster="group")),
                 aggregate("depth", mean(), on_missing="zero"),
                 aggregate("depth", std(), on_missing="skip"),
                 aggregate("found", accuracy(), to_float=value_to_float()),
                 aggregate("found", ci(level=0.9)),
                 grouped(aggregate("found", mean()), "group"), accuracy(), own()])
def fields():
    """An object of values of which one is not always there; NaN is no value."""

    async def score(state, target):
        n = int(state.sample_id)
        if n == 5:
            return Score(value=math.nan)
        value = {"found": math.nan if n == 3 else n % 2}
        if n % 4:
            value["depth"] = n * 0.75
        return Score(value=value)

    return score


@scorer(metrics=[krippendorff_alpha(), krippendorff_alpha("ordinal"),
                 krippendorff_alpha("interval"), grouped(krippendorff_alpha("interval"), "group"),
                 mean()])
def judges():
    """Three judges' numbers, two where the third did not answer."""

    async def score(state, target):
        n = int(state.sample_id)
        values = [n % 4, (n + (n % 3 == 0)) % 4, (n * n) % 4]
        return Score(value=values[:2] if n == 7 else values[:1] if n == 8 else values)

    return score


@scorer(metrics=[krippendorff_alpha(), krippendorff_alpha("ordinal", to_float=value_to_float())])
def graders():
    """Three graders' words."""

    async def score(state, target):
        n = int(state.sample_id) + state.epoch
        return Score(value="CIPN"[n % 4] if n % 5 else True)

    return score


@scorer(metrics=[perplexity_per_token(), perplexity_per_seq(), mean(),
                 grouped(perplexity_per_token(), "group")])
def surprise():
    """Log likelihoods; one text has none, one no tokens."""

    async def score(state, target):
        n = int(state.sample_id)
        if n == 4:
            return Score(value=math.nan)
        if n == 6:
            return Score(value=1.5)
        tokens, total = n * 3 + state.epoch, -1.25 * n - 0.5 * state.epoch
        return Score(value=-total / tokens,
                     metadata={"num_tokens": tokens, "sum_log_probs": total})

    return score


@scorer(metrics=[ci(method="bootstrap"), ci(method="bootstrap", cluster="group", level=0.8)])
def drawn():
    """Numbers whose interval is drawn by chance."""

    async def score(state, target):
        return Score(value=(int(state.sample_id) * 5 % 8) / 8)

    return score


def run(name, scorers, epochs, **options):
    boxes = [Sample(id=i, input=f"Box {i}", target="x", metadata={"group": "abc"[i % 3]})
             for i in range(1, 13)]
    task = Task(name=name, dataset=MemoryDataset(boxes, name="boxes"), solver=generate(),
                scorer=scorers, epochs=epochs)
    eval(task, model=get_model("mockllm/m", custom_outputs=answer, memoize=False), display="none",
         log_dir="logs", log_model_api=False, log_realtime=False, **options)
    newest = max(glob.glob("logs/*"), key=os.path.getmtime)
    shutil.copyfile(newest, name + os.path.splitext(newest)[1])


run("composed", [fields(), judges(), surprise(), drawn()], None)
run("composed-epochs", [judges(), surprise()], Epochs(2, [mean_score(), max_score()]))
run("collected", [graders()], Epochs(3, [collect_score(), mean_score()]))
