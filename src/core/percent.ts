/** Shares as people read them. */

/** A share as per cent with at most this number of decimals: '2 %', '0.25 %'. */
export const percent = (share: number, decimals = 2): string =>
  `${Number((share * 100).toFixed(decimals))} %`;
