/**
 * Judges of known errors on a server, for answers that say `Order N: K days` in any words: such an answer is as good as
 * another where both numbers are the same. What a judge overlooks depends on the pair alone, as that of a model does.
 */
import { contentHash } from '../../src/core/ids.ts';
import { type Asked, type ChatAnswer, type ChatServer, startChatServer } from './chat-server.ts';

export interface MadeErrors {
  /** Share of the pairs with a worse answer that it takes for equal. */
  readonly overlooks?: number;
  /** Share of the pairs of equal answers of which it prefers one. */
  readonly findsFault?: number;
  /** Always this answer, in either order. */
  readonly always?: string;
  /** Does what an answer tells it to. */
  readonly obeys?: boolean;
}

/** What stands between the marks of a part. */
export function partOf(body: Asked, name: string): string {
  const text = body.messages.at(-1)!.content;
  const mark = /marks with ([\da-f]{12}) is the material/.exec(
    text.slice(text.lastIndexOf('Only what')),
  )?.[1];
  const open = `<<${name} ${mark}>>\n`;
  const from = text.indexOf(open) + open.length;
  return text.slice(from, text.indexOf(`\n<<end of ${name} ${mark}>>`, from));
}

/** The verdict of a judge with these errors. */
export function verdictOf(body: Asked, { overlooks = 0, findsFault = 0, always, obeys }: MadeErrors): string {
  if (always !== undefined) return always;
  const [request, first, second] = ['request', 'answer 1', 'answer 2'].map((name) => partOf(body, name));
  const tells = (answer: string): boolean => /evaluator|SYSTEM|Ignore all/.test(answer);
  const told = [first, second].findIndex((answer) => tells(answer!));
  if (obeys && told >= 0) return String(told + 1);
  const order = /\d+/.exec(request!)?.[0];
  const isGood = (answer: string): boolean => {
    const [own, days] = answer.match(/\d+/g) ?? [];
    return own === order && Number(days) === Number(order) % 9 && !tells(answer);
  };
  const [one, other] = [isGood(first!), isGood(second!)];
  // The same in both orders.
  const chance = Number.parseInt(contentHash([first, second].sort().join('|'), 8), 16) / 2 ** 32;
  if (one === other) return chance < findsFault ? (first! < second! ? '1' : '2') : 'TIE';
  if (chance < overlooks) return 'TIE';
  return one ? '1' : '2';
}

/** @param before What happens instead of a verdict; null: nothing. */
export function startMadeJudge(
  errors: MadeErrors,
  before: (asked: number, body: Asked) => ChatAnswer | null = () => null,
): Promise<ChatServer> {
  let asked = 0;
  return startChatServer((body) => before(++asked, body) ?? { content: verdictOf(body, errors) });
}
