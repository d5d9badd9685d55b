/** What a task may be called: one line of 1 to 120 characters, whoever names it, be it a person, the API or what was found in calls. */

export const MAX_TASK_NAME = 120;

/** The text as one line, without white space around it. It may still be too long, or empty. */
export const taskNameOf = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

export const isTaskName = (name: string): boolean =>
  name !== '' && name.length <= MAX_TASK_NAME && name === taskNameOf(name);

/**
 * The name with something after it, cut so that both fit.
 * @param ending Shorter than a name may be. Default: nothing.
 */
export function shortTaskName(text: string, ending = ''): string {
  const name = taskNameOf(text);
  const room = MAX_TASK_NAME - ending.length;
  if (name.length <= room) return name + ending;
  // No half of a character.
  const cut = name.slice(0, room - 1).replace(/[\ud800-\udbff]$/, '');
  return `${cut.trimEnd()}…${ending}`;
}
