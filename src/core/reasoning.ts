/**
 * Reasoning that a model writes in tags before its answer, as DeepSeek-R1, Qwen, Magistral and prompts that ask for it
 * do. It stays in the captured message; the answer, which is learnt and compared, is what follows it.
 */

/** Opening and closing tags, in lower case. */
const TAGS: readonly (readonly [string, string])[] = [
  ...['think', 'thinking', 'thought', 'thoughts', 'reasoning'].map(
    (name) => [`<${name}>`, `</${name}>`] as const,
  ),
  ['[think]', '[/think]'],
  ['◁think▷', '◁/think▷'],
  ['<|begin_of_thought|>', '<|end_of_thought|>'],
];
const LONGEST_TAG = Math.max(...TAGS.map(([open]) => open.length));

/** Chat templates that begin the answer with the opening tag leave only the closing one in the text. */
const OFTEN_HALF = ['<think>', '</think>'] as const;

/** The text without the reasoning at its beginning, trimmed; the whole text, trimmed, where there is none. */
export function withoutReasoning(content: string): string {
  let text = content.trim();
  if (tagsAt(text) === undefined) {
    const [open, close] = OFTEN_HALF;
    const end = indexOfTag(text, close, 0);
    const isAlone = end >= 0 && indexOfTag(text.slice(0, end), open, 0) < 0;
    return isAlone ? text.slice(end + close.length).trim() : text;
  }
  // Some models reason more than once. A round looks at no character that an earlier one has passed.
  for (let end = endOfReasoning(text); end !== null; end = endOfReasoning(text))
    text = text.slice(end).trim();
  return text;
}

/** Whether the text ended within its reasoning: the answer itself never began. */
export function isReasoningCutOff(content: string): boolean {
  return tagsAt(withoutReasoning(content)) !== undefined;
}

/** Where the reasoning at the beginning of the text ends; null where there is none, or no end of it. */
function endOfReasoning(text: string): number | null {
  const tags = tagsAt(text);
  if (tags === undefined) return null;
  const at = indexOfTag(text, tags[1], tags[0].length);
  return at < 0 ? null : at + tags[1].length;
}

function tagsAt(text: string): (typeof TAGS)[number] | undefined {
  const head = text.slice(0, LONGEST_TAG).toLowerCase();
  return TAGS.find(([open]) => head.startsWith(open));
}

/** In any case. Lower case may have another length in a few scripts, so the text itself is searched. */
function indexOfTag(text: string, tag: string, from: number): number {
  for (let at = text.indexOf(tag[0]!, from); at >= 0; at = text.indexOf(tag[0]!, at + 1))
    if (text.slice(at, at + tag.length).toLowerCase() === tag) return at;
  return -1;
}
