/** What a language model writes instead of an answer where it would leave the call to the LLM, if it was taught to. */
export const HAND_OVER = '?';
