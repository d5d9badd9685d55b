import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type ChatAnswer, type ChatServer, startChatServer } from '../../test/support/chat-server.ts';
import { UnderstudyError } from '../core/errors.ts';
import { type JudgeClientOptions, judgeClient } from './judge-client.ts';

const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const each of open) await each.close();
});

const MESSAGES = [{ role: 'user', content: 'Which is better?' }];

async function setUp(
  answer: (asked: number, body: object) => ChatAnswer,
  options: Partial<JudgeClientOptions> = {},
): Promise<{ client: ReturnType<typeof judgeClient>; server: ChatServer; waits: number[] }> {
  let asked = 0;
  const server = await startChatServer((body) => answer(++asked, body));
  const waits: number[] = [];
  const client = judgeClient({
    baseUrl: server.baseUrl,
    model: 'big',
    apiKey: 'sk-1',
    timeoutMs: 5000,
    concurrency: 2,
    wait: async (ms) => {
      waits.push(ms);
    },
    ...options,
  });
  open.push(client, server);
  return { client, server, waits };
}

const codeOf = (error: unknown): string => (error instanceof UnderstudyError ? error.code : String(error));

describe('judge client', () => {
  it('asks with its key, and tells what was said and what it took', async () => {
    const { client, server } = await setUp(() => ({ content: 'TIE' }));
    assert.deepEqual(await client.ask(MESSAGES), {
      text: 'TIE',
      usage: { promptTokens: 100, completionTokens: 10 },
    });
    const [asked] = server.asked;
    assert.equal(asked?.authorization, 'Bearer sk-1');
    assert.deepEqual([asked.body.model, asked.body.temperature, asked.body.messages], ['big', 0, MESSAGES]);
  });

  it('waits as long as a busy server says, or longer each time where it does not', async () => {
    const told = await setUp((n) => (n < 3 ? { status: 429, retryAfter: '7' } : { content: '1' }));
    assert.equal((await told.client.ask(MESSAGES)).text, '1');
    assert.deepEqual(told.waits, [7000, 7000]);
    const silent = await setUp((n) => (n < 4 ? { status: n === 1 ? 429 : 503 } : { content: '1' }));
    await silent.client.ask(MESSAGES);
    assert.deepEqual(silent.waits, [500, 1000, 2000]);
  });

  it('gives up after some tries, and at once where trying again would not help', async () => {
    const down = await setUp(() => ({ status: 500 }), { tries: 3 });
    await assert.rejects(down.client.ask(MESSAGES), (error) => codeOf(error) === 'internal');
    assert.equal(down.server.asked.length, 3);
    const gone = await setUp(() => ({ status: 404 }));
    await assert.rejects(gone.client.ask(MESSAGES), (error) => codeOf(error) === 'not-found');
    assert.equal(gone.server.asked.length, 1);
    const slow = await setUp(() => ({ silent: true }), { timeoutMs: 50, tries: 2 });
    await assert.rejects(slow.client.ask(MESSAGES), (error) => codeOf(error) === 'timed-out');
  });

  it('asks without a temperature where a model takes none, from then on', async () => {
    const { client, server } = await setUp((_, body) =>
      'temperature' in body ? { status: 400 } : { content: '2' },
    );
    for (let i = 0; i < 3; i++) assert.equal((await client.ask(MESSAGES)).text, '2');
    assert.equal(server.asked.length, 4);
  });

  it('takes what is no completion for an answer without words', async () => {
    const { client } = await setUp(() => ({ content: null }));
    assert.equal((await client.ask(MESSAGES)).text, '');
  });

  it('has no more requests under way than it may', async () => {
    let [now, most] = [0, 0];
    const server = await startChatServer(() => ({ content: 'TIE' }));
    const client = judgeClient({ baseUrl: server.baseUrl, model: 'big', timeoutMs: 5000, concurrency: 2 });
    open.push(client, server);
    const ask = async (): Promise<void> => {
      await client.ask(MESSAGES);
    };
    const counted = server.asked as unknown as { push: (each: unknown) => number };
    const push = counted.push.bind(counted);
    counted.push = (each) => {
      most = Math.max(most, ++now);
      setImmediate(() => now--);
      return push(each);
    };
    await Promise.all(Array.from({ length: 20 }, ask));
    assert.equal(server.asked.length, 20);
    assert.ok(most <= 2, `${most}`);
  });

  it('ends a wait when it is told to', async () => {
    const abort = new AbortController();
    const { client } = await setUp(() => ({ status: 429, retryAfter: '60' }), {
      wait: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () =>
            reject(new UnderstudyError('cancelled', 'told to', { hint: '' })),
          );
          abort.abort();
        }),
    });
    await assert.rejects(client.ask(MESSAGES, abort.signal), (error) => codeOf(error) === 'cancelled');
  });
});
