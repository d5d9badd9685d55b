"""PyTorch and PEFT as their users run them: the peer of `npm run bench -- trainer`.

`python peer.py JOB.json` loads the base out of its GGUF file (dequantised by transformers), then does what it is told,
a JSON line each on standard input: {"steps": n} trains n steps and answers with what they took.
"""
import json
import math
import os
import resource
import sys
import time

job = json.load(open(sys.argv[1]))
threads = str(job["threads"])
os.environ["OMP_NUM_THREADS"] = threads

import torch  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

torch.set_num_threads(job["threads"])
torch.manual_seed(job["seed"])
recipe = job["recipe"]
folder, file = os.path.split(job["base"])
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
model.config.use_cache = False
model = get_peft_model(
    model,
    LoraConfig(
        r=recipe["rank"],
        lora_alpha=recipe["alpha"],
        lora_dropout=0.0,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
        task_type="CAUSAL_LM",
    ),
)
model.train()
trained = [p for p in model.parameters() if p.requires_grad]
optimiser = torch.optim.AdamW(trained, lr=recipe["learningRate"], weight_decay=recipe["weightDecay"])
samples, order = job["samples"], job["order"]
warmup = max(1, round(recipe["warmup"] * len(order)))


def rate(step):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, len(order) - warmup)))


schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)


def batch(indices):
    picked = [samples[i] for i in indices]
    longest = max(len(sample["ids"]) for sample in picked)
    ids = torch.zeros(len(picked), longest, dtype=torch.long)
    mask = torch.zeros(len(picked), longest, dtype=torch.long)
    labels = torch.full((len(picked), longest), -100)
    for row, sample in enumerate(picked):
        length, start = len(sample["ids"]), sample["completion"]
        ids[row, :length] = torch.tensor(sample["ids"])
        mask[row, :length] = 1
        labels[row, start:length] = torch.tensor(sample["ids"][start:])
    return ids, mask, labels, sum(len(sample["ids"]) for sample in picked)


def say(message):
    print(json.dumps(message), flush=True)


def snapshot(path):
    state = {
        name.replace("base_model.model.model.", "").replace(".default", ""): p.detach().clone().contiguous()
        for name, p in model.named_parameters()
        if p.requires_grad
    }
    save_file(state, path)


say({"ready": True, "steps": len(order)})
done = 0
for line in sys.stdin:
    want = json.loads(line)
    losses, tokens, began = [], 0, time.perf_counter()
    for indices in order[done : done + want["steps"]]:
        ids, mask, labels, length = batch(indices)
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, recipe["clip"])
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(loss.item())
        tokens += length
        done += 1
    seconds = time.perf_counter() - began
    snapshot(want["snapshot"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say({"steps": done, "seconds": seconds, "tokens": tokens, "losses": losses, "peakMb": peak})
