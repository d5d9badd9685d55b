/** Right or wrong, against the mailbox's truth: what nobody knows of a real mailbox. */
import { isDeepStrictEqual } from 'node:util';
import type { Output } from './agent.ts';
import type { Work } from './mailbox/mail.ts';
import type { SiteName } from './prompts.ts';

/**
 * Whether an output is right for the mail that the call was given; null at the sites that write free text.
 * Labels by equality, details and tool arguments by deep equality whatever the order of keys.
 */
export function isRight(site: SiteName, work: Work, output: Output): boolean | null {
  if (site === 'reply' || site === 'chat' || work.kind === 'question') return null;
  const { category, details, action } = work.truth;
  switch (site) {
    case 'triage':
      return output.kind === 'text' && output.text.trim() === category;
    case 'details':
      return output.kind === 'text' && isDeepStrictEqual(parsed(output.text), { ...details });
    case 'action':
      return (
        output.kind === 'tool' &&
        output.name === action.name &&
        isDeepStrictEqual(parsed(output.arguments), { ...action.arguments })
      );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
