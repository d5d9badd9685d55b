"""The peft trainer's worker: LoRA or QLoRA with PyTorch and PEFT, on a CPU or a GPU.

Speaks JSON lines. The first line on stdin is the job (messages.ts: ToWorker); stdout says how it goes (FromWorker).
Which tokens are learnt, in which order, at which rates and from which first parameters is settled by who starts it,
so that this and the embedded trainer do the same steps. The end of stdin means that nobody waits for the result.

Does not: tokenise, draw at random, know any example's text, write the adapter file (trainer.ts), or use the network.
"""

import base64
import json
import os
import sys
import threading
import time

# Whatever a library prints goes to stderr; stdout is for messages.
OUT = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

# Below every other process's priority, so that training takes only what nobody else wants.
LOW_PRIORITY = 10
# Losses over which a level is taken, and the rate of the second attempt as a share of the recipe's: as loop.ts.
WINDOW = 10
RETRY_RATE = 0.3
# Most tokens, padding included, in one forward pass.
MOST_TOKENS = {"cpu": 1024, "cuda": 16384}

MODULES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


class Failure(Exception):
    def __init__(self, code, message, hint):
        super().__init__(message)
        self.code, self.hint = code, hint


def say(**message):
    OUT.write(json.dumps(message) + "\n")
    OUT.flush()


def pick_device(wanted, method):
    """Default: a GPU where there is one."""
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise Failure("unsupported", "The device cuda is asked for, and PyTorch sees no GPU.",
                      "Leave train.peft.device out, or install PyTorch for your GPU.")
    device = wanted or ("cuda" if there else "cpu")
    if method == "qlora" and device == "cpu":
        raise Failure("unsupported", "QLoRA needs a GPU, and PyTorch sees none.",
                      "Use the method lora, which trains on a CPU too.")
    return device


def load_base(job, device):
    """The base model, frozen: float32 on a CPU; bfloat16, or 4 bits for QLoRA, on a GPU."""
    model, method = job["model"], job["method"]
    options = {"dtype": torch.float32 if device == "cpu" else torch.bfloat16, "local_files_only": True}
    if method == "qlora":
        # 4-bit NormalFloat with double quantisation (Dettmers et al. 2023, arXiv 2305.14314).
        options["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16)
        options["device_map"] = {"": 0}
    try:
        if "gguf" in model:
            folder, file = os.path.split(model["gguf"])
            config = transformers.AutoConfig.from_pretrained(folder, gguf_file=file)
            # Not read from every architecture's file.
            config.head_dim = job["shape"]["headSize"]
            base = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, config=config, **options)
        else:
            base = transformers.AutoModelForCausalLM.from_pretrained(model["folder"], **options)
    except (OSError, ValueError, ImportError) as error:
        raise Failure("unsupported", f"The base model cannot be loaded: {error}",
                      "Check train.peft.model, and that the packages of requirements.txt are installed.")
    shape, config = job["shape"], base.config
    for name, theirs, ours in [
        ("layers", config.num_hidden_layers, shape["layers"]),
        ("hidden size", config.hidden_size, shape["hidden"]),
        ("vocabulary", config.vocab_size, shape["vocab"]),
    ]:
        if theirs != ours:
            raise Failure("unsupported", f"The {name} of the base model ({theirs}) is not that of the one which serves ({ours}).",
                          "Give the Hugging Face folder of the very model that serves, or none.")
    if method == "qlora":
        base = peft.prepare_model_for_kbit_training(base)
    return base if method == "qlora" else base.to(device)


def add_lora(base, job):
    """The model with its LoRA matrices, and those in the order of the flat parameters."""
    recipe, layout = job["recipe"], job["layout"]
    config = peft.LoraConfig(
        r=recipe["rank"], lora_alpha=recipe["alpha"], lora_dropout=0.0, bias="none", task_type="CAUSAL_LM",
        target_modules=sorted({MODULES[matrix["linear"]].split(".")[1] for matrix in layout}))
    model = peft.get_peft_model(base, config)
    inner = model.base_model.model
    matrices = []
    for matrix in layout:
        module = inner.get_submodule(f"model.layers.{matrix['layer']}.{MODULES[matrix['linear']]}")
        weight = (module.lora_A if matrix["part"] == "a" else module.lora_B)["default"].weight
        if list(weight.shape) != [matrix["rows"], matrix["cols"]]:
            raise Failure("unsupported", f"{matrix['linear']} has another size than in the model that serves.",
                          "Give the Hugging Face folder of the very model that serves, or none.")
        matrices.append(weight)
    return inner, matrices


def fill(matrices, flat):
    at = 0
    with torch.no_grad():
        for matrix in matrices:
            matrix.copy_(torch.from_numpy(flat[at:at + matrix.numel()].copy()).view_as(matrix))
            at += matrix.numel()


def flatten(matrices):
    return np.concatenate([matrix.detach().float().cpu().numpy().ravel() for matrix in matrices])


def cut_runs(samples, most):
    """Parts of a step that fit in memory, longest samples first so that they hold little padding."""
    runs = []
    for sample in sorted(samples, key=lambda sample: -len(sample["ids"])):
        if runs and (len(runs[-1]) + 1) * len(runs[-1][0]["ids"]) <= most:
            runs[-1].append(sample)
        else:
            runs.append([sample])
    return runs


def step_loss(inner, samples, device):
    """Weighted cross-entropy over the completion tokens of a step, in nats; leaves its gradient in the parameters."""
    divisor = sum(len(sample["ids"]) - sample["completion"] for sample in samples)
    total = 0.0
    for run in cut_runs(samples, MOST_TOKENS[device]):
        longest = len(run[0]["ids"]) - 1
        ids = torch.zeros((len(run), longest), dtype=torch.long)
        mask = torch.zeros((len(run), longest), dtype=torch.long)
        rows, labels, weights = [], [], []
        for place, sample in enumerate(run):
            tokens, start = sample["ids"], sample["completion"]
            # The last token is only ever a label, so it is not fed.
            ids[place, :len(tokens) - 1] = torch.tensor(tokens[:-1])
            mask[place, :len(tokens) - 1] = 1
            rows += [place * longest + at for at in range(start - 1, len(tokens) - 1)]
            labels += tokens[start:]
            weights += [sample["weight"] / divisor] * (len(tokens) - start)
        hidden = inner.model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False).last_hidden_state
        # The output matrix only where a token is learnt: it is a third of a small model's work.
        learnt = hidden.flatten(0, 1)[torch.tensor(rows, device=device)]
        logits = inner.lm_head(learnt.to(inner.lm_head.weight.dtype)).float()
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(labels, device=device), reduction="none")
        loss = (losses * torch.tensor(weights, device=device)).sum()
        loss.backward()
        total += loss.item()
    return total


def ran_away(losses, vocab):
    """The level doubles and rises by a nat, or stays at that of guessing: as loop.ts."""
    level = sum(losses[-WINDOW:]) / len(losses[-WINDOW:])
    if len(losses) > WINDOW and level > 2 * losses[0] + 1:
        return True
    return len(losses) > 2 * WINDOW and level > 0.95 * math.log(vocab)


def beginning(retries, elapsed_ms=0.0):
    return {"step": 0, "retries": retries, "losses": [], "tokens": 0, "elapsedMs": elapsed_ms}


def write_checkpoint(path, job, position, matrices, optimizer):
    """Replaces the checkpoint as a whole: a kill at any moment leaves the old one or the new one."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    state = {"job": job["hash"], "position": position, "matrices": [m.detach().cpu() for m in matrices],
             "optimizer": optimizer.state_dict()}
    torch.save(state, path + ".part")
    os.replace(path + ".part", path)


def read_checkpoint(path, job, matrices, optimizer):
    if not os.path.exists(path):
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["job"] != job["hash"]:
            return None
        with torch.no_grad():
            for matrix, kept in zip(matrices, state["matrices"], strict=True):
                matrix.copy_(kept)
        optimizer.load_state_dict(state["optimizer"])
        return state["position"]
    except Exception:
        # One of another version, or damaged: the run begins anew.
        return None


def train(job):
    recipe = job["recipe"]
    device = pick_device(job.get("device"), job["method"])
    torch.set_num_threads(job["threads"])
    if device == "cpu":
        torch.use_deterministic_algorithms(True)
    inner, matrices = add_lora(load_base(job, device), job)
    inner.train()
    first = np.frombuffer(base64.b64decode(job["initial"]), np.float32)

    def new_optimizer():
        return torch.optim.AdamW(matrices, lr=0.0, betas=(0.9, 0.999), eps=1e-8, weight_decay=recipe["weightDecay"])

    def restart():
        fill(matrices, first)
        return new_optimizer()

    optimizer = restart()
    at = read_checkpoint(job["checkpointPath"], job, matrices, optimizer)
    if at is None:
        optimizer, at = restart(), beginning(0)
    samples, order, rates = job["samples"], job["order"], job["rates"]
    lengths = [sum(len(samples[i]["ids"]) for i in step) for step in order]
    say(type="started", device=device, step=at["step"], steps=len(order))
    saved, spent, passed = time.monotonic(), 0.0, 0
    while at["step"] < len(order):
        step, began = at["step"], time.monotonic()
        optimizer.zero_grad(set_to_none=True)
        loss = step_loss(inner, [samples[i] for i in order[step]], device)
        norm = torch.nn.utils.clip_grad_norm_(matrices, recipe["clip"]).item()
        losses = at["losses"] + [loss]
        if not math.isfinite(loss + norm) or ran_away(losses, job["shape"]["vocab"]):
            if at["retries"] > 0:
                raise Failure("diverged", f"The training ran away at step {step + 1} of {len(order)}, at a lower learning rate too.",
                              "Lower learningRate in the recipe, or look for odd examples in the dataset.")
            optimizer, at = restart(), beginning(1, at["elapsedMs"])
            continue
        for group in optimizer.param_groups:
            group["lr"] = rates[step] * RETRY_RATE ** at["retries"]
        optimizer.step()
        took = (time.monotonic() - began) * 1000
        at = {**at, "step": step + 1, "losses": losses, "tokens": at["tokens"] + lengths[step], "elapsedMs": at["elapsedMs"] + took}
        spent, passed = spent + took, passed + lengths[step]
        per_second = passed / max(spent, 1) * 1000
        say(type="step", report={
            "step": at["step"], "steps": len(order), "loss": sum(losses[-WINDOW:]) / len(losses[-WINDOW:]),
            "tokensPerSecond": per_second, "leftMs": sum(lengths[at["step"]:]) / max(per_second, 1e-9) * 1000})
        if at["step"] < len(order) and (time.monotonic() - saved) * 1000 >= job["checkpointMs"]:
            write_checkpoint(job["checkpointPath"], job, at, matrices, optimizer)
            saved = time.monotonic()
    os.makedirs(os.path.dirname(job["parametersPath"]), mode=0o700, exist_ok=True)
    flatten(matrices).astype("<f4").tofile(job["parametersPath"] + ".part")
    os.replace(job["parametersPath"] + ".part", job["parametersPath"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
    say(type="done", losses=at["losses"], tokens=at["tokens"], elapsedMs=at["elapsedMs"], device=device, peakMemoryMb=round(peak))


def leave_with_stdin():
    sys.stdin.read()
    os._exit(0)


try:
    import math
    import resource

    import numpy as np
    import peft
    import torch
    import transformers
except ImportError as error:
    # The hint is trainer.ts's: it knows where requirements.txt is.
    say(type="failed", code="unavailable", message=f"Python has no package {error.name}.", hint="")
    sys.exit(0)

if __name__ == "__main__":
    try:
        os.nice(LOW_PRIORITY)
    except OSError:
        pass  # Some containers forbid it; training works all the same.
    received = json.loads(sys.stdin.readline())
    threading.Thread(target=leave_with_stdin, daemon=True).start()
    try:
        train(received)
    except Failure as failure:
        say(type="failed", code=failure.code, message=str(failure), hint=failure.hint)
    except torch.OutOfMemoryError as error:
        say(type="failed", code="unavailable", message=f"There is too little GPU memory: {error}",
            hint="Lower maxTokens or batch in the recipe, or use the method qlora.")
    except Exception as error:
        say(type="failed", code="internal", message=f"{type(error).__name__}: {error}", hint="Please report this with the message.")
    OUT.flush()
    os._exit(0)
