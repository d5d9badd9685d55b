/** Some of many at once. Does not: limit what others do at the same time. */

/**
 * What `work` makes of each item, in their order, `atOnce` of them under way at a time. After a failure none is begun, and
 * what is under way has ended before the first failure is thrown.
 */
export async function mapSome<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const out = new Array<R>(items.length);
  let next = 0;
  let failure: { readonly error: unknown } | null = null;
  const worker = async (): Promise<void> => {
    while (failure === null && next < items.length) {
      const i = next++;
      try {
        out[i] = await work(items[i]!, i);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const failed = failure as { readonly error: unknown } | null;
  if (failed) throw failed.error;
  return out;
}
