/** The dialects that the gateway speaks. Adding one is its files in wire/ and a line here. */
import type { Dialect } from './dialect.ts';
import { openaiChat } from './openai-chat.ts';

export const DIALECTS: readonly Dialect[] = [openaiChat];
