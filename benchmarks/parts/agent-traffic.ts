/**
 * Bodies of an agent's calls: recorded trajectories played turn by turn where the recordings are there, each call with the
 * whole conversation so far; made-up conversations of their lengths elsewhere. Played again, they are other conversations
 * with the same prompt and tools, as another user's are. And bodies that are all new.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/core/random.ts';
import { RECORDINGS } from '../recordings/convert.ts';

export interface Traffic {
  readonly what: string;
  /** The body of the n-th request, streamed or not. */
  readonly bodyOf: (n: number, stream: boolean) => string;
}

const DATA = join(import.meta.dirname, '../../../shared/data');
const WORDS =
  'flight booking reservation passenger please change cancel the of on to for with number date returned confirmed economy baggage refund'.split(
    ' ',
  );

export function agentTraffic(): Traffic {
  const airline = RECORDINGS.find(({ name }) => name === 'airline');
  if (airline && existsSync(join(DATA, 'tau-airline'))) {
    const requests = airline.lines(DATA).map(({ request }) => request as Record<string, unknown>);
    return {
      what: 'the airline recordings, turn by turn',
      bodyOf: (n, stream) => {
        const { messages, ...request } = requests[n % requests.length]!;
        const pass = Math.floor(n / requests.length);
        return JSON.stringify({ ...request, messages: heardAgain(messages as Said[], pass), stream });
      },
    };
  }
  const turns = 12;
  return {
    what: 'made-up conversations of 12 turns',
    bodyOf: (n, stream) => {
      const talk = Math.floor(n / turns);
      const messages = Array.from({ length: 1 + 2 * (n % turns) }, (_, i) => ({
        role: i % 2 === 0 ? 'user' : 'assistant',
        content: text(1000 * talk + i, 80),
      }));
      const system = { role: 'system', content: text(0, 900) };
      return JSON.stringify({ model: 'gpt-4o', stream, messages: [system, ...messages] });
    },
  };
}

interface Said {
  readonly role: string;
  readonly content: unknown;
}

/** Of each pass, every message but the prompt is new. */
function heardAgain(messages: readonly Said[], pass: number): readonly Said[] {
  if (pass === 0) return messages;
  return messages.map((message) =>
    message.role === 'system' || typeof message.content !== 'string'
      ? message
      : { ...message, content: `${message.content} (${pass})` },
  );
}

/** Each body of about 5 KB, and none like another. */
export function freshTraffic(): Traffic {
  return {
    what: 'every body new, 5 KB',
    bodyOf: (n, stream) =>
      JSON.stringify({
        model: 'gpt-4o',
        stream,
        messages: [
          { role: 'system', content: text(2 * n, 400) },
          { role: 'user', content: text(2 * n + 1, 350) },
        ],
      }),
  };
}

function text(seed: number, words: number): string {
  const random = seededRandom(seed);
  return Array.from({ length: words }, () => random.pick(WORDS)).join(' ');
}
