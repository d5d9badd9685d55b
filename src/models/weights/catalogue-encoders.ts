/**
 * Encoders that the hub has: their tokenizer, configuration and weights in safetensors. A BERT of WordPiece is what the
 * encoder here reads (models/encoder/bert.ts).
 * Does not: fetch (weights.ts).
 */
import type { CatalogueEntry } from './entry.ts';

const BGE_CARD = 'model card of BAAI/bge-small-en-v1.5';

export const HUB_ENCODERS: readonly CatalogueEntry[] = [
  {
    name: 'bge-small-en-v1.5',
    kind: 'encoder',
    parameters: 33_360_000,
    architecture: 'bert',
    context: 512,
    license: 'MIT',
    languages: ['en'],
    promptFormat: null,
    toolFormat: null,
    quantisation: null,
    diskBytes: 134_000_000,
    memory: { bytes: 450_000_000, measured: false },
    tools: 'none',
    dimensions: 384,
    benchmarks: [
      { name: 'MTEB (en) average', score: 62.17, source: BGE_CARD, date: '2023-09' },
      { name: 'MTEB (en) classification', score: 74.14, source: BGE_CARD, date: '2023-09' },
    ],
    sources: [{ kind: 'hub', repository: 'BAAI/bge-small-en-v1.5' }],
    files: [],
  },
];
