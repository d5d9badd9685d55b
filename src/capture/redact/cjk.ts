/** Chinese and Japanese texts, which put no spaces between words: names, phones and ids by the words before them. */
import { drawFor, drawLike } from './draw.ts';
import type { Match, Recogniser } from './match.ts';
import { phoneSurrogate } from './phones.ts';

const PHONE =
  /(?:电话|手机|电话号码|手机号|聯絡電話|電話|携帯)(?:号码|号|番号|是|为|は|:|：|\s){0,3}(\+?\d[\d -]{6,16}\d)(?!\d)/g;
const ID =
  /(?:身份证|身份證|护照|護照|マイナンバー|個人番号|パスポート)(?:号码|号|番号|是|为|は|:|：|\s){0,3}([A-Z0-9][A-Z0-9 -]{5,18}[A-Z0-9])(?![A-Z0-9])/g;

export const findCjk: Recogniser = (scan) => {
  if (!scan.cjk) return [];
  const found: Match[] = [];
  for (const match of scan.text.matchAll(PHONE)) {
    const number = match[1] ?? '';
    const end = match.index + match[0].length;
    found.push({
      start: end - number.length,
      end,
      kind: 'phone',
      make: (key) => phoneSurrogate(number, key),
    });
  }
  for (const match of scan.text.matchAll(ID)) {
    const id = match[1] ?? '';
    const end = match.index + match[0].length;
    found.push({
      start: end - id.length,
      end,
      kind: 'national-id',
      make: (key) => drawLike(drawFor(key, 'national-id', id), id),
    });
  }
  return found;
};
