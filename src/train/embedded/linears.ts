/** The linear layers of a decoder's block, and which of them read the same input. */

/** The seven linear layers of a block, by ggml's names. */
export const LINEARS = [
  'attn_q',
  'attn_k',
  'attn_v',
  'attn_output',
  'ffn_gate',
  'ffn_up',
  'ffn_down',
] as const;
export type Linear = (typeof LINEARS)[number];

/** Linear layers of a block that read the same input, in the order in which they come. */
export const GROUPS = [
  ['attn_q', 'attn_k', 'attn_v'],
  ['attn_output'],
  ['ffn_gate', 'ffn_up'],
  ['ffn_down'],
] as const satisfies readonly (readonly Linear[])[];
export type Group = (typeof GROUPS)[number];
