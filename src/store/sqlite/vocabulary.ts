/** The words of applications by call site, sealed. */
import type { CallStore } from '../../core/store.ts';
import type { Database } from './database.ts';
import type { SealedRows } from './sealed.ts';

export function vocabularyTable(
  database: Database,
  rows: SealedRows,
): Pick<CallStore, 'addVocabulary' | 'vocabulary'> {
  const rowOf = (site: string, id: string): string => `${site} ${id}`;
  return {
    addVocabulary: async (site, words) => {
      database.transaction(() => {
        for (const { id, text } of words) {
          database.run(
            'INSERT OR IGNORE INTO vocabulary (site, id, sealed) VALUES (?, ?, ?)',
            site,
            id,
            rows.write('vocabulary', rowOf(site, id), text),
          );
        }
      });
    },
    vocabulary: async () => {
      const sites = new Map<string, string[]>();
      for (const { site, id, sealed } of database.all('SELECT * FROM vocabulary ORDER BY site, id')) {
        const words = sites.get(String(site)) ?? [];
        words.push(rows.read<string>('vocabulary', rowOf(String(site), String(id)), sealed));
        sites.set(String(site), words);
      }
      return sites;
    },
  };
}
