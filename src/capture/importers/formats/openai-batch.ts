/**
 * OpenAI Batch files: requests {custom_id, body} and results {custom_id, response: {status_code, body}}, in two files
 * or one. Ids come again on other days, so a result belongs to the request of its own file, or of the file of the
 * same name but for words like input and output; to one of another name only where nothing speaks against it.
 */
import { basename, dirname } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../../core/json.ts';
import { exchange } from '../exchange.ts';
import { numberOf } from '../fields.ts';
import type { Importer, ImportReader, Leftover, ReadRecord, RecordContext } from '../importer.ts';
import { sessionOf } from '../sessions.ts';

export const openaiBatch: Importer = {
  name: 'openai-batch',
  looks: '{"custom_id": …, "body": {…}} and {"custom_id": …, "response": {…}}',
  detect: (record) =>
    isObject(record) &&
    (typeof record.custom_id === 'string' || typeof record.custom_id === 'number') &&
    (isObject(record.body) || 'response' in record || 'error' in record),
  begin,
};

/** A request or a result that waits for the other. */
interface Half {
  readonly record: JsonObject;
  readonly context: RecordContext;
  readonly scope: string;
  /** Place in the order of arrival. */
  readonly order: number;
}

/** All that came under one custom_id and waits. */
interface Halves {
  readonly requests: Half[];
  readonly results: Half[];
}

const TWICE = 'custom_id stands for several requests';

function begin(): ImportReader {
  const byId = new Map<string, Halves>();
  let order = 0;

  return {
    read(record, given) {
      const id = isObject(record) ? record.custom_id : undefined;
      if (!isObject(record) || (typeof id !== 'string' && typeof id !== 'number')) {
        return { skipped: 'no custom_id' };
      }
      const context = { ...given };
      const isResult = isObject(record.response) || isObject(record.error);
      if (isObject(record.body) && isResult) return join(record.body, record, context);
      if (!isObject(record.body) && !isResult) return { skipped: 'neither a request nor a result' };
      const halves = byId.get(String(id)) ?? { requests: [], results: [] };
      const half = { record, context, scope: scopeOf(context.path), order: order++ };
      const [own, others] = isResult ? [halves.results, halves.requests] : [halves.requests, halves.results];
      const fitting = others.filter(({ scope }) => scope === half.scope);
      const [other] = fitting;
      if (fitting.length > 1) return { skipped: TWICE };
      if (other === undefined || own.some(({ scope }) => scope === half.scope)) {
        own.push(half);
        byId.set(String(id), halves);
        return { calls: [] };
      }
      others.splice(others.indexOf(other), 1);
      if (own.length + others.length === 0) byId.delete(String(id));
      return isResult ? pair(other, half) : pair(half, other);
    },
    end() {
      const left = [...byId.values()].flatMap(settle).sort((a, b) => a.order - b.order);
      byId.clear();
      return left.map(({ leftover }) => leftover);
    },
  };
}

/** What becomes of the halves of one id that no file of the same name has completed. */
function settle({ requests, results }: Halves): { readonly leftover: Leftover; readonly order: number }[] {
  const of = (half: Half, result: ReadRecord): { readonly leftover: Leftover; readonly order: number } => ({
    leftover: { path: half.context.path, line: half.context.line, record: half.record, result },
    order: half.order,
  });
  const paired = new Set<Half>();
  const answers = results.map((result) => {
    const candidates = requests.filter((request) => mayBelong(request, result));
    const [request] = candidates;
    if (request === undefined) return of(result, { skipped: 'result without a request' });
    const rivals = results.filter((other) => mayBelong(request, other));
    if (candidates.length > 1 || rivals.length > 1) return of(result, { skipped: TWICE });
    paired.add(request);
    return of(result, pair(request, result));
  });
  const unanswered = requests.filter((request) => !paired.has(request));
  return [...answers, ...unanswered.map((half) => of(half, { skipped: 'request without a result' }))];
}

/** The call, known by its result, whichever of the two came last. */
function pair(request: Half, result: Half): ReadRecord {
  const { body } = request.record;
  const read = join(isObject(body) ? body : {}, result.record, result.context);
  return 'calls' in read ? { ...read, source: result.record } : read;
}

function join(body: JsonObject, result: JsonObject, context: RecordContext): ReadRecord {
  const response: JsonObject = isObject(result.response) ? result.response : {};
  const answer: Json | undefined = response.body;
  return exchange(
    {
      at: context.time(result.created_at, isObject(answer) ? answer.created : undefined),
      sessionId: sessionOf(result, body.metadata),
      tags: {},
      status: numberOf(response, ['status_code']) ?? 500,
      latencyMs: 0,
    },
    body,
    answer,
  );
}

/** Words that tell the two files of a batch apart, and ids that the provider made. */
const ASIDE =
  /\.(?:jsonl?|ndjson|gz|txt)$|batch[_-][0-9a-z]{12,}|file[_-][0-9a-z]{12,}|(?<![a-z])(?:batch|in|out|input|output|request|response|result|question|answer|prompt|completion|error)(?:e?s)?(?![a-z])/gi;

/** What a file's folder and name say beyond that: equal for the files of one batch. */
function scopeOf(path: string): string {
  const bare = (name: string): string => {
    let text = name;
    for (let last = ''; last !== text; ) {
      last = text;
      text = text.replace(ASIDE, '');
    }
    return text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
  };
  return `${dirname(dirname(path))}/${bare(basename(dirname(path)))}/${bare(basename(path))}`;
}

/** Numbers in two names, like days, must not differ. */
function mayBelong(a: Half, b: Half): boolean {
  const numbers = ({ scope }: Half): string =>
    (scope.split('/').slice(-2).join(' ').match(/\d+/g) ?? []).join(' ');
  return numbers(a) === numbers(b) || numbers(a) === '' || numbers(b) === '';
}
