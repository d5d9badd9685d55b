/**
 * The prompt a small language model is trained and served with, in the template that its vocabulary was made for. The
 * trainer and the server share it, so that both see the same tokens.
 * Does not: tokenise. Whoever does must tokenise `text` pieces without special-token parsing, so that no input
 * can inject control tokens, and `special` pieces as the one token they name.
 */
import { UnderstudyError } from '../../core/errors.ts';

export type PromptPiece = { readonly special: string } | { readonly text: string };

export interface Message {
  readonly role: string;
  readonly content: string;
}

/** How a family of models marks the turns of a conversation. In texts, ROLE and CONTENT stand for a message's own. */
export interface ChatTemplate {
  readonly name: string;
  /** Before the first turn. */
  readonly begin: readonly PromptPiece[];
  readonly turn: readonly PromptPiece[];
  /** Opens the turn of the model; what comes after it is the answer. */
  readonly open: readonly PromptPiece[];
  /** Control token written by the model when its answer is complete. */
  readonly end: string;
  /** What the template calls a role, where it is not OpenAI's word; null: its text goes before that of the next turn. */
  readonly roles: Readonly<Record<string, string | null>>;
}

/** As the chat templates of the models have them; the first one whose control tokens are all in a vocabulary is its. */
const TEMPLATES: readonly ChatTemplate[] = [
  {
    name: 'ChatML',
    begin: [],
    turn: [{ special: '<|im_start|>' }, { text: 'ROLE\nCONTENT' }, { special: '<|im_end|>' }, { text: '\n' }],
    open: [{ special: '<|im_start|>' }, { text: 'assistant\n' }],
    end: '<|im_end|>',
    roles: {},
  },
  {
    name: 'Llama 3',
    begin: [{ special: '<|begin_of_text|>' }],
    turn: [
      { special: '<|start_header_id|>' },
      { text: 'ROLE' },
      { special: '<|end_header_id|>' },
      { text: '\n\nCONTENT' },
      { special: '<|eot_id|>' },
    ],
    open: [
      { special: '<|start_header_id|>' },
      { text: 'assistant' },
      { special: '<|end_header_id|>' },
      { text: '\n\n' },
    ],
    end: '<|eot_id|>',
    roles: {},
  },
  {
    name: 'Gemma',
    begin: [{ special: '<bos>' }],
    turn: [
      { special: '<start_of_turn>' },
      { text: 'ROLE\nCONTENT' },
      { special: '<end_of_turn>' },
      { text: '\n' },
    ],
    open: [{ special: '<start_of_turn>' }, { text: 'model\n' }],
    end: '<end_of_turn>',
    roles: { assistant: 'model', system: null },
  },
  {
    name: 'Granite',
    begin: [],
    turn: [
      { special: '<|start_of_role|>' },
      { text: 'ROLE' },
      { special: '<|end_of_role|>' },
      { text: 'CONTENT' },
      { special: '<|end_of_text|>' },
      { text: '\n' },
    ],
    open: [{ special: '<|start_of_role|>' }, { text: 'assistant' }, { special: '<|end_of_role|>' }],
    end: '<|end_of_text|>',
    roles: {},
  },
  {
    // TinyLlama. The role marks are no control tokens of its vocabulary.
    name: 'Zephyr',
    begin: [{ special: '<s>' }],
    turn: [{ text: '<|ROLE|>\nCONTENT' }, { special: '</s>' }, { text: '\n' }],
    open: [{ text: '<|assistant|>\n' }],
    end: '</s>',
    roles: {},
  },
];

/** Their names, in the order in which they are tried. */
export const TEMPLATE_NAMES: readonly string[] = TEMPLATES.map(({ name }) => name);

/**
 * The template of a model.
 * @param isControl Whether the model's vocabulary has a control token of this name.
 * @throws UnderstudyError 'unsupported' where no template fits.
 */
export function chatTemplateOf(isControl: (name: string) => boolean): ChatTemplate {
  const template = TEMPLATES.find(({ begin, turn, open, end }) =>
    [...begin, ...turn, ...open, { special: end }].every(
      (piece) => !('special' in piece) || isControl(piece.special),
    ),
  );
  if (template) return template;
  throw new UnderstudyError(
    'unsupported',
    'The base model has control tokens for no chat template that is known.',
    {
      hint: `Choose a base model that was trained on prompts of ${TEMPLATES.map(({ name }) => name).join(', ')}.`,
    },
  );
}

/** The prompt for one input, without a system message: what comes after it is the answer. */
export function promptPieces(template: ChatTemplate, input: string): readonly PromptPiece[] {
  return chatPieces(template, [{ role: 'user', content: input }]);
}

/** The prompt for a conversation: each message, then the opening of the model's turn. */
export function chatPieces(template: ChatTemplate, messages: readonly Message[]): readonly PromptPiece[] {
  const turns: PromptPiece[] = [];
  let waiting = '';
  for (const { role, content } of messages) {
    const name = template.roles[role] === undefined ? role : template.roles[role];
    if (name === null) {
      waiting += `${content}\n\n`;
      continue;
    }
    const own = { ROLE: name, CONTENT: waiting + content };
    turns.push(
      ...template.turn.map((piece) => ('text' in piece ? { text: filled(piece.text, own) } : piece)),
    );
    waiting = '';
  }
  return [...template.begin, ...turns, ...template.open];
}

/** In one pass, so that a message that holds a placeholder's name stays as it is. */
function filled(text: string, own: Readonly<Record<'ROLE' | 'CONTENT', string>>): string {
  return text.replace(/ROLE|CONTENT/g, (name) => own[name as 'ROLE' | 'CONTENT']);
}
