/** What child processes of ours know of the environment. */

/** The environment without the keys of providers: only the one that it needs. */
export function withoutKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => name === 'UNDERSTUDY_MASTER_KEY' || !/KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i.test(name),
    ),
  );
}
