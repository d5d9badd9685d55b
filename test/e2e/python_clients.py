"""What an agent in Python does with the official clients: base URL, a scene and a name in, all that it sees out, as JSON."""

import json
import sys
import uuid

import anthropic
import openai

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
MESSAGES = [{"role": "user", "content": "What is the weather in Ulm?"}]
CHAT = {"model": "m", "messages": MESSAGES, "tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]}
RESPONSES = {"model": "m", "input": "What is the weather in Ulm?", "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}]}
CLAUDE = {"model": "m", "max_tokens": 50, "messages": MESSAGES, "tools": [{"name": "weather", "input_schema": SCHEMA}]}


def acts(base, scene):
    def settings(url):
        headers = {"x-scene": scene, "x-id": str(uuid.uuid4())}
        return {"base_url": url, "api_key": "k", "default_headers": headers, "max_retries": 1}

    def ours():
        return openai.OpenAI(**settings(base + "/v1"))

    def theirs():
        return anthropic.Anthropic(**settings(base))

    def streamed(manager, final):
        with manager as stream:
            kinds = [event.type for event in stream]
            return [kinds, getattr(stream, final)().model_dump()]

    return {
        "chat": lambda: ours().chat.completions.create(**CHAT).model_dump(),
        "chat stream": lambda: streamed(ours().chat.completions.stream(**CHAT), "get_final_completion"),
        "responses": lambda: ours().responses.create(**RESPONSES).model_dump(),
        "responses stream": lambda: streamed(ours().responses.stream(**RESPONSES), "get_final_response"),
        "messages": lambda: theirs().messages.create(**CLAUDE).model_dump(),
        "messages stream": lambda: streamed(theirs().messages.stream(**CLAUDE), "get_final_message"),
        "token count": lambda: theirs().messages.count_tokens(model="m", messages=MESSAGES).model_dump(),
    }


def seen(act):
    try:
        return act()
    except Exception as error:  # noqa: BLE001
        return {"failed": type(error).__name__, "message": str(error)}


for line in sys.stdin:
    asked = json.loads(line)
    told = {name: seen(act) for name, act in acts(asked["base"], asked["scene"]).items()}
    print(json.dumps(told, default=str), flush=True)
