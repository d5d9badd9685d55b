/**
 * The dialects of this program, for its composition root and for the thread that reads large exchanges, which can be
 * handed no functions. Adding one is its file in wire/ and a line here; the gateway gets them as a parameter.
 */
import { anthropicMessages } from './anthropic-messages.ts';
import type { Dialect } from './dialect.ts';
import { openaiChat } from './openai-chat.ts';
import { openaiResponses } from './openai-responses.ts';

export const DIALECTS: readonly [Dialect, ...Dialect[]] = [openaiChat, openaiResponses, anthropicMessages];
