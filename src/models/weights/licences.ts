/**
 * What the licences in the catalogue permit, in a sentence each. It tells a person what to look for, and is no legal
 * advice: the text that comes with the model counts.
 */
export interface LicenceTerms {
  readonly name: string;
  /** no: research and the like alone. limited: with a bound on who. */
  readonly commercial: 'yes' | 'limited' | 'no';
  readonly obligations: string;
}

const TERMS: Readonly<Record<string, LicenceTerms>> = {
  'Apache-2.0': {
    name: 'Apache License 2.0',
    commercial: 'yes',
    obligations: 'Pass on the licence and notices with the weights; say what was changed.',
  },
  MIT: { name: 'MIT License', commercial: 'yes', obligations: 'Pass on the licence with the weights.' },
  'CC-BY-4.0': {
    name: 'Creative Commons Attribution 4.0',
    commercial: 'yes',
    obligations: 'Name the makers and the licence; say what was changed.',
  },
  'CC-BY-NC-4.0': {
    name: 'Creative Commons Attribution-NonCommercial 4.0',
    commercial: 'no',
    obligations: 'Name the makers and the licence; no commercial use.',
  },
  'LicenseRef-Gemma': {
    name: 'Gemma Terms of Use',
    commercial: 'yes',
    obligations:
      'Accept the terms first; keep to the prohibited use policy, and bind whoever you pass the model or a derivative to by both.',
  },
  'LicenseRef-Llama-3.1': {
    name: 'Llama 3.1 Community License',
    commercial: 'limited',
    obligations:
      'Accept it first; above 700 million monthly users ask Meta; show “Built with Llama”, begin the names of derived models with Llama, keep to the acceptable use policy.',
  },
  'LicenseRef-Llama-3.2': {
    name: 'Llama 3.2 Community License',
    commercial: 'limited',
    obligations:
      'Accept it first; above 700 million monthly users ask Meta; show “Built with Llama”, begin the names of derived models with Llama, keep to the acceptable use policy.',
  },
  'LicenseRef-LFM-1.0': {
    name: 'LFM Open License 1.0',
    commercial: 'limited',
    obligations: 'Commercial use below a yearly revenue of 10 million dollars; pass on the licence.',
  },
  'LicenseRef-Qwen-Research': {
    name: 'Qwen Research License',
    commercial: 'no',
    obligations: 'Research and evaluation alone; ask the makers for anything commercial.',
  },
};

/** Null for a licence that is not known here. */
export function licenceTerms(license: string): LicenceTerms | null {
  return Object.hasOwn(TERMS, license) ? TERMS[license]! : null;
}
