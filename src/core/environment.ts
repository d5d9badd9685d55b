/** What child processes of ours know of the environment. */

/**
 * The environment without keys, but for the master key, the file that it is in or the command that gives it (a process without
 * any would make a key of its own), and those that are named.
 * @param needed Names of variables that the process has a use for.
 */
export function withoutKeys(env: NodeJS.ProcessEnv, needed: readonly string[] = []): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        needed.includes(name) ||
        /^UNDERSTUDY_MASTER_KEY(_FILE|_COMMAND)?$/.test(name) ||
        !/KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name),
    ),
  );
}
