/** The version of this program, from its package.json. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

export function version(): string {
  // The nearest above this file, which is the project's own where it runs as it is and where it is built into dist/.
  const text = readFileSync(findPackageJSON('..', import.meta.url)!, 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
