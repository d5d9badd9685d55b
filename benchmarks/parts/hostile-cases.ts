/**
 * The hostile benchmark's attacks: request bodies up to the gateway's limit, and what the upstream answers. All made
 * up here; each is the worst of its kind for something that reads, redacts, parses or copies it.
 */
import { gzipSync } from 'node:zlib';

export interface Attack {
  readonly name: string;
  /** Request bodies, sent one after the other (over and over while there is time), or `atOnce` together. */
  readonly bodies: () => readonly Buffer[];
  readonly headers?: Readonly<Record<string, string>>;
  /** What the upstream answers (see ANSWERS). Default: a small completion. */
  readonly answer?: string;
  /** Requests at a time. Default: 1. */
  readonly atOnce?: number;
  /** How often all bodies are sent. Default: 3. */
  readonly rounds?: number;
  /** Sends the body in pieces of so many bytes, one every 5 ms. */
  readonly dripBytes?: number;
  /** Sends the body chunked, so many bytes a chunk, many chunks a packet. */
  readonly chunkBytes?: number;
}

/** A little under the gateway's limit of 32 MiB. */
const LARGE = 30_000_000;

const call = (content: string, more: object = {}): Buffer =>
  Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more }));
const text = (content: () => string) => () => [call(content())];
/** Many messages with nothing in them. */
const tinyMessages = (size: number): Buffer =>
  Buffer.from(
    `{"model":"m","messages":[${repeat('{"role":"user","content":""},', size)}{"role":"user","content":"x"}]}`,
  );
/** A call with a field whose JSON is written out, for what JSON.stringify would not make. */
const withField = (json: string): Buffer =>
  Buffer.from(`{"model":"m","messages":[{"role":"user","content":"hi"}],"metadata":{"x":${json}}}`);
const repeat = (piece: string, size: number): string => piece.repeat(Math.ceil(size / piece.length));
const prose = (size: number): string =>
  repeat('How do I change the size of an order after it was packed? It was to come last week. ', size);

const NAMES = [
  'Mia Brandt',
  'Jonas Weber',
  'Ana Sousa',
  'Li Wei',
  'Omar Haddad',
  'Eva Lindqvist',
  'Tom Baker',
];

function customers(count: number): string {
  return JSON.stringify(
    Array.from({ length: count }, (_, i) => ({
      id: `C-${100_000 + i}`,
      name: NAMES[i % NAMES.length],
      email: `${NAMES[i % NAMES.length]?.toLowerCase().replace(' ', '.')}${i}@example.com`,
      phone: `+49 170 ${1_000_000 + i * 37}`,
      city: 'Hamburg',
      open: i % 3,
    })),
  );
}

const toolResult = (result: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: 'm',
      messages: [
        { role: 'user', content: 'Who has an open order?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 't1', type: 'function', function: { name: 'customers', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 't1', content: result },
      ],
    }),
  );

/** Different each time, so that nothing of it is known already. */
const greetings = (round: number): string => {
  const parts: string[] = [];
  for (let size = 0, i = 0; size < 200_000; i++) {
    const part = `Hello ${NAMES[i % NAMES.length]}, thank you for letter ${round * 10_000 + i}. Dear Dr. Maria ${round}-${i} Meier, `;
    parts.push(part);
    size += part.length;
  }
  return parts.join('');
};

const tools = (count: number): object => ({
  tools: Array.from({ length: count }, (_, i) => ({
    type: 'function',
    function: {
      name: `tool_${i}`,
      description: `Does the ${i}th of many things, as its name says.`,
      parameters: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } } },
    },
  })),
});

export const ATTACKS: readonly Attack[] = [
  { name: 'tool result of 1,000 customers', bodies: () => [toolResult(customers(1000))], rounds: 10 },
  { name: '200 KB of greetings', bodies: () => Array.from({ length: 5 }, (_, i) => call(greetings(i))) },
  { name: '30 MB of prose', bodies: text(() => prose(LARGE)) },
  { name: '30 MB tool result', bodies: () => [toolResult(customers(190_000))] },
  { name: '30 MB of numbers in JSON', bodies: () => [withField(`[${repeat('1,', LARGE)}1]`)] },
  { name: '30 MB of brackets in JSON', bodies: () => [withField(`[${repeat('[],{},', LARGE)}0]`)] },
  {
    name: 'JSON nested 100,000 deep',
    bodies: () => [
      withField('['.repeat(100_000) + ']'.repeat(100_000)),
      withField(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
    ],
  },
  {
    name: '1,000,000 tiny messages',
    bodies: () => [tinyMessages(28_000_000)],
  },
  { name: '10,000 tools', bodies: () => [call('hi', tools(10_000))] },
  {
    name: 'property names of 1 MB, and 300,000 of them',
    bodies: () => [
      withField(`{${Array.from({ length: 28 }, (_, i) => `"${i}${'k'.repeat(1_000_000)}":1`).join(',')}}`),
      withField(`{${Array.from({ length: 300_000 }, (_, i) => `"key_of_${i}":1`).join(',')}}`),
    ],
  },
  {
    name: '30 MB of escapes',
    bodies: () => [
      Buffer.from(
        `{"model":"m","messages":[{"role":"user","content":"${repeat('\\u0000\\ud800\\n', LARGE)}"}]}`,
      ),
    ],
  },
  {
    name: 'PEM without an end',
    bodies: () => [
      call(`-----BEGIN PRIVATE KEY-----\n${repeat('MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n', 10_000_000)}`),
      call(repeat('-----BEGIN RSA PRIVATE KEY-----\n', 10_000_000)),
    ],
  },
  { name: '10 MB of digits', bodies: text(() => repeat('4929', 10_000_000)) },
  { name: '10 MB of digits in groups', bodies: text(() => repeat('+49 (170) 123-', 10_000_000)) },
  { name: '10 MB of @', bodies: text(() => '@'.repeat(10_000_000)) },
  { name: '10 MB of half addresses', bodies: text(() => repeat('a@a.a@', 10_000_000)) },
  { name: '10 MB of capital words', bodies: text(() => repeat('Maria Anna De La ', 10_000_000)) },
  { name: '10 MB of one letter', bodies: text(() => 'a'.repeat(10_000_000)) },
  { name: '10 MB of blanks', bodies: text(() => ' '.repeat(10_000_000)) },
  { name: '10 MB of dots and slashes', bodies: text(() => repeat('https://1.2.3./..', 10_000_000)) },
  { name: '30 MB that is no JSON', bodies: () => [Buffer.alloc(LARGE, 0xff), Buffer.alloc(LARGE, '{"a":')] },
  {
    name: 'compressed requests, a bomb among them',
    bodies: () => [gzipSync(toolResult(customers(1000))), gzipSync(Buffer.alloc(200_000_000, ' '))],
    headers: { 'content-encoding': 'gzip' },
  },
  {
    name: '120 KB of messages, brackets, tools, names, digits',
    bodies: () => [
      tinyMessages(120_000),
      withField(`[${repeat('[],{},', 120_000)}0]`),
      call('hi', tools(600)),
      withField(`{${Array.from({ length: 7000 }, (_, i) => `"key_${i}":1`).join(',')}}`),
      call(repeat('+49 (170) 123-', 120_000)),
      call(repeat('12 Maria Meier Street, ', 120_000)),
    ],
  },
  { name: '32 bodies of 30 MB at once', bodies: text(() => prose(LARGE)), atOnce: 32, rounds: 1 },
  { name: '100 tool results at once', bodies: () => [toolResult(customers(1000))], atOnce: 100, rounds: 1 },
  {
    name: '100 bodies dripped in',
    bodies: text(() => prose(30_000)),
    atOnce: 100,
    dripBytes: 100,
    rounds: 1,
  },
  {
    name: '2 MB in chunks of one byte',
    bodies: text(() => prose(2_000_000)),
    chunkBytes: 1,
  },
  { name: 'answer: 2 MB in chunks of one byte', bodies: text(() => 'hi'), answer: 'bytes' },
  { name: 'answer: a data line of 4 MB in pieces of 1 KB', bodies: text(() => 'hi'), answer: 'line' },
  { name: 'answer: 30 MB of JSON', bodies: text(() => 'hi'), answer: 'large' },
  { name: 'answer: 30 MB of JSON, compressed', bodies: text(() => 'hi'), answer: 'bomb' },
  { name: 'answer: 1 GB of zeros, compressed', bodies: text(() => 'hi'), answer: 'gigabomb' },
  { name: 'answer: 100,000 tiny events', bodies: text(() => 'hi'), answer: 'events' },
  { name: 'answer: 100,000 pieces of a tool call', bodies: text(() => 'hi'), answer: 'calls' },
  { name: 'answer: 100,000 choices of 10 events', bodies: text(() => 'hi'), answer: 'choices' },
  { name: 'answer: customers with personal data', bodies: text(() => 'hi'), answer: 'customers', rounds: 10 },
];

export interface HostileAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: () => Buffer;
  /** Written in pieces of so many bytes. */
  readonly piece: number;
  /** The body comes chunked already, so many bytes a chunk. */
  readonly chunkBytes?: number;
}

/** A body in chunked coding. */
export function chunked(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  parts.push(Buffer.from('0\r\n\r\n'));
  return Buffer.concat(parts);
}

const JSON_HEADERS = { 'content-type': 'application/json' };
const EVENTS = { 'content-type': 'text/event-stream' };
const completion = (content: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }),
  );
const event = (delta: object, index = 0, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
const stream = (events: string): Buffer => Buffer.from(`${events}${event({}, 0, 'stop')}data: [DONE]\n\n`);

export const ANSWERS: Readonly<Record<string, HostileAnswer>> = {
  line: { headers: EVENTS, body: () => stream(event({ content: prose(4_000_000) })), piece: 1024 },
  bytes: {
    headers: { ...EVENTS, 'transfer-encoding': 'chunked', connection: 'close' },
    body: () => chunked(stream(event({ content: prose(100) }).repeat(8000)), 1),
    piece: 65_536,
    chunkBytes: 1,
  },
  large: { headers: JSON_HEADERS, body: () => completion(prose(LARGE)), piece: 65_536 },
  bomb: {
    headers: { ...JSON_HEADERS, 'content-encoding': 'gzip' },
    body: () => gzipSync(completion(prose(LARGE))),
    piece: 65_536,
  },
  gigabomb: {
    headers: { ...JSON_HEADERS, 'content-encoding': 'gzip' },
    body: () => Buffer.concat(Array(10).fill(gzipSync(Buffer.alloc(100_000_000)))),
    piece: 65_536,
  },
  events: { headers: EVENTS, body: () => stream(event({ content: 'a' }).repeat(100_000)), piece: 65_536 },
  calls: {
    headers: EVENTS,
    body: () =>
      stream(
        event({ tool_calls: [{ index: 0, id: 't', function: { name: 'f', arguments: '' } }] }) +
          event({ tool_calls: [{ index: 0, function: { arguments: '1' } }] }).repeat(100_000),
      ),
    piece: 65_536,
  },
  choices: {
    headers: EVENTS,
    body: () =>
      stream(Array.from({ length: 100_000 }, (_, i) => event({ content: 'a' }, i % 10_000)).join('')),
    piece: 65_536,
  },
  customers: { headers: JSON_HEADERS, body: () => completion(customers(1000)), piece: 65_536 },
};
