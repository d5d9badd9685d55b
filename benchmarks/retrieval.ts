/**
 * Retrieval on LIMIT small (arXiv 2508.21038): 46 people with some 45 things that each likes, 1,000 queries "Who likes …?",
 * two people to be found for each. `npm run bench -- retrieval [--json]`. Reads ../shared/data at run time and ships
 * nothing of it.
 *
 * recall2: share of the people to be found among the first two. recall2Synonyms: the same where the query's words are
 * replaced, "Who enjoys …?" and the thing by a synonym (retrieval/synonyms.ts); queries without one are left out.
 * recall2Verb: only the verb is replaced. Beside all retrievers together, each alone, and the usual ones: one vector for each
 * person, BM25, and both fused. Times are of a search among 10,000 stored customer mails.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { seededRandom } from '../src/core/random.ts';
import type { Encoder } from '../src/core/runtime.ts';
import { encoderText } from '../src/models/classifier/linear.ts';
import { embedInputs } from '../src/models/retrieval/embed-inputs.ts';
import { fuse } from '../src/models/retrieval/fusion.ts';
import { type InputIndex, indexInputs, openIndex } from '../src/models/retrieval/input-index.ts';
import type { Hit, RetrievalQuery } from '../src/models/retrieval/retriever.ts';
import { CATALOGUE, DEFAULT_ENCODER } from '../src/models/weights/catalogue.ts';
import { ensureWeights } from '../src/models/weights/weights.ts';
import { startModels } from '../src/runtime/models.ts';
import { rateOf } from '../src/stats/statistics.ts';
import { parseCsv } from './recordings/convert.ts';
import { SYNONYMS } from './retrieval/synonyms.ts';
import type { BenchmarkResult } from './run.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SHARED = join(ROOT, '../shared/data');
const [FOUND, DEPTH, TIMED] = [2, 50, 300];

interface Data {
  readonly people: readonly string[];
  readonly things: readonly string[];
  /** Places of the people to be found, by query. */
  readonly relevant: readonly ReadonlySet<number>[];
}

export async function run(): Promise<BenchmarkResult> {
  const dir = join(SHARED, 'limit-small');
  if (!existsSync(dir)) throw new Error(`LIMIT small is not here: ${dir} is missing.`);
  const { people, things, relevant } = read(dir);
  const liked = new Set(
    people.flatMap((text) =>
      text
        .slice(text.indexOf(' likes ') + ' likes '.length)
        .replace(/\.$/, '')
        .toLowerCase()
        .split(/, | and /),
    ),
  );
  const queries = things.map((thing) => `Who likes ${thing}?`);
  const otherVerb = things.map((thing) => `Who enjoys ${thing}?`);
  const synonyms = things.map((thing) => {
    const synonym = SYNONYMS.get(thing);
    return synonym === undefined || liked.has(synonym.toLowerCase()) ? null : `Who enjoys ${synonym}?`;
  });
  const { path } = await ensureWeights(DEFAULT_ENCODER, {
    dataDir: join(ROOT, '.understudy'),
    env: process.env,
  });
  const dimensions = CATALOGUE.find(({ name }) => name === DEFAULT_ENCODER)?.dimensions ?? 384;
  const models = await startModels({ encoder: { name: DEFAULT_ENCODER, path, dimensions } });
  try {
    const encoder = models.encoder!;
    const byParts = openIndex(indexInputs(people, 'k', await embedInputs(encoder, people)), 'k');
    const whole = openIndex(indexInputs(people, 'k', await wholeVectors(encoder, people)), 'k');
    const asked = await Promise.all(
      [queries, synonyms, otherVerb].map((texts) => readQueries(encoder, byParts, texts)),
    );
    const retrievers: Readonly<Record<string, (query: RetrievalQuery) => readonly Hit[]>> = {
      hybrid: (query) => byParts.hybrid.search(query, FOUND),
      'one vector for each': (query) => whole.dense!.search(query, FOUND),
      BM25: (query) => whole.lexical.search(query, FOUND),
      'one vector and BM25, fused': (query) =>
        fuse([whole.dense!, whole.lexical].map((each) => each.search(query, DEPTH))),
      'dense, by parts': (query) => byParts.dense!.search(query, FOUND),
      'exact fields': (query) => byParts.field.search(query, FOUND),
    };
    const rows = Object.entries(retrievers).map(([retriever, search]) => {
      const [plain, replaced, verb] = asked.map((each) => recallOf(each, search, relevant));
      return { retriever, plain: plain!, replaced: replaced!, verb: verb! };
    });
    const own = rows[0]!;
    const times = timeSearches();
    return {
      table: rows.map(({ retriever, plain, replaced, verb }) => ({
        retriever,
        [`recall@2 (n = ${plain.queries})`]: percent(plain.share),
        [`synonyms (n = ${replaced.queries})`]: percent(replaced.share),
        'verb alone': percent(verb.share),
        ms: retriever === 'hybrid' ? `${times.p50Ms} (p95 ${times.p95Ms}) among ${times.stored}` : '',
      })),
      json: {
        recall2: own.plain.share,
        recall2Synonyms: own.replaced.share,
        synonymInterval: [own.replaced.low, own.replaced.high],
        recall2Verb: own.verb.share,
        queries: own.plain.queries,
        synonymQueries: own.replaced.queries,
        baselines: Object.fromEntries(
          rows
            .slice(1)
            .map(({ retriever, plain, replaced, verb }) => [
              retriever,
              { recall2: plain.share, recall2Synonyms: replaced.share, recall2Verb: verb.share },
            ]),
        ),
        times,
        encoder: DEFAULT_ENCODER,
      },
    };
  } finally {
    await models.close();
  }
}

function read(dir: string): Data {
  const lines = (file: string): Record<string, string>[] =>
    readFileSync(join(dir, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
  const corpus = lines('corpus.jsonl');
  const places = new Map(corpus.map(({ _id }, place) => [_id, place]));
  const found = Map.groupBy(lines('qrels.jsonl'), (each) => each['query-id']);
  const queries = lines('queries.jsonl');
  return {
    people: corpus.map(({ text }) => text!),
    things: queries.map(({ text }) => /^Who likes (.*)\?$/.exec(text!)![1]!),
    relevant: queries.map(
      ({ _id }) => new Set((found.get(_id) ?? []).map((each) => places.get(each['corpus-id']!)!)),
    ),
  };
}

async function wholeVectors(encoder: Encoder, inputs: readonly string[]) {
  const made = await encoder.embed(inputs.map(encoderText));
  const vectors = new Float32Array(inputs.length * encoder.dimensions);
  made.forEach((vector, i) => void vectors.set(vector, i * encoder.dimensions));
  return {
    dimensions: encoder.dimensions,
    vectors,
    owners: Uint32Array.from(inputs, (_, i) => i),
  };
}

async function readQueries(
  encoder: Encoder,
  index: InputIndex,
  texts: readonly (string | null)[],
): Promise<readonly (RetrievalQuery | null)[]> {
  const given = texts.filter((text) => text !== null);
  const vectors = new Map<string, Float32Array>();
  for (let at = 0; at < given.length; at += 64) {
    const batch = given.slice(at, at + 64);
    const made = await encoder.embed(batch);
    batch.forEach((text, i) => void vectors.set(text, made[i]!));
  }
  return texts.map((text) => (text === null ? null : index.query(text, vectors.get(text)!)));
}

function recallOf(
  queries: readonly (RetrievalQuery | null)[],
  search: (query: RetrievalQuery) => readonly Hit[],
  relevant: Data['relevant'],
) {
  let [hits, wanted, asked] = [0, 0, 0];
  queries.forEach((query, i) => {
    if (query === null) return;
    asked++;
    wanted += relevant[i]!.size;
    for (const { at } of search(query).slice(0, FOUND)) if (relevant[i]!.has(at)) hits++;
  });
  return { queries: asked, ...rateOf(hits, wanted) };
}

/** A search of all retrievers among 10,000 mails. The vectors are drawn: what they are makes no difference to the time. */
function timeSearches() {
  const file = join(SHARED, 'banking77/train.csv');
  if (!existsSync(file)) throw new Error(`Banking77 is not here: ${file} is missing.`);
  const mails = parseCsv(readFileSync(file, 'utf8'))
    .slice(1)
    .flatMap(([text]) => (text ? [text] : []));
  const [stored, queries] = [10_000, mails.slice(-TIMED)];
  const [random, dimensions] = [seededRandom(1), 384];
  const draw = (): Float32Array => Float32Array.from({ length: dimensions }, () => random.normal() / 20);
  const vectors = new Float32Array(stored * dimensions);
  for (let i = 0; i < stored; i++) vectors.set(draw(), i * dimensions);
  const owners = Uint32Array.from({ length: stored }, (_, i) => i);
  const data = indexInputs(mails.slice(0, stored), 'k', { dimensions, vectors, owners });
  const index = openIndex(data, 'k');
  const times = queries.map((text) => {
    const vector = draw();
    const start = performance.now();
    index.hybrid.search(index.query(text, vector), 10);
    return performance.now() - start;
  });
  const sorted = times.slice(TIMED / 10).sort((a, b) => a - b);
  const at = (share: number): number => Number(sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(2));
  return { stored, n: sorted.length, p50Ms: at(0.5), p95Ms: at(0.95) };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
