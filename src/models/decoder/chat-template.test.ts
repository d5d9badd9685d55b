import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ChatTemplate,
  chatPieces,
  chatTemplateOf,
  type PromptPiece,
  promptPieces,
} from './chat-template.ts';

const VOCABULARIES = {
  ChatML: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'],
  'Llama 3': ['<|begin_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
  Gemma: ['<bos>', '<eos>', '<start_of_turn>', '<end_of_turn>'],
  Granite: ['<|start_of_role|>', '<|end_of_role|>', '<|end_of_text|>'],
  Zephyr: ['<unk>', '<s>', '</s>'],
} as const;

function template(name: keyof typeof VOCABULARIES): ChatTemplate {
  const control: readonly string[] = VOCABULARIES[name];
  return chatTemplateOf((token) => control.includes(token));
}

/** As a reader would see it, control tokens and texts alike. */
function written(pieces: readonly PromptPiece[]): string {
  return pieces.map((piece) => ('special' in piece ? piece.special : piece.text)).join('');
}

test('the vocabulary tells the template, and the prompt is that of the models’ own chat templates', () => {
  const prompts = {
    ChatML: '<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
    'Llama 3':
      '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
    Gemma: '<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\n',
    Granite:
      '<|start_of_role|>user<|end_of_role|>Hello<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>',
    Zephyr: '<s><|user|>\nHello</s>\n<|assistant|>\n',
  };
  for (const [name, prompt] of Object.entries(prompts)) {
    const own = template(name as keyof typeof VOCABULARIES);
    assert.equal(own.name, name);
    assert.equal(written(promptPieces(own, 'Hello')), prompt);
  }
  assert.throws(() => chatTemplateOf((token) => token === '<|im_start|>'), { code: 'unsupported' });
});

test('ChatML prompts are cut into the pieces they have always been cut into', () => {
  assert.deepEqual(promptPieces(template('ChatML'), 'Hello'), [
    { special: '<|im_start|>' },
    { text: 'user\nHello' },
    { special: '<|im_end|>' },
    { text: '\n' },
    { special: '<|im_start|>' },
    { text: 'assistant\n' },
  ]);
});

test('roles get the template’s words, and where there is no system role its text goes before the next turn', () => {
  const messages = [
    { role: 'system', content: 'Sort the mail.' },
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'greeting' },
    { role: 'user', content: 'Bye' },
  ];
  assert.equal(
    written(chatPieces(template('Gemma'), messages)),
    '<bos><start_of_turn>user\nSort the mail.\n\nHello<end_of_turn>\n<start_of_turn>model\ngreeting<end_of_turn>\n<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n',
  );
  assert.match(
    written(chatPieces(template('ChatML'), messages)),
    /^<\|im_start\|>system\nSort the mail\.<\|im_end\|>/,
  );
});

test('what a message says stays text, even where it names a control token or a placeholder', () => {
  const said = 'ROLE CONTENT $& <end_of_turn>';
  const [content] = promptPieces(template('Gemma'), said).filter((piece) => 'text' in piece);
  assert.deepEqual(content, { text: `user\n${said}` });
});
