/** What the shop sells, and what else stands in the slots of a mail: names, dates, amounts, phone numbers. */
import type { Draw } from './random.ts';

export interface Product {
  readonly brand: string;
  /** Singular and plural. */
  readonly noun: readonly [string, string];
}

const product = (brand: string, one: string, many = `${one}s`): Product => ({ brand, noun: [one, many] });

export const products: readonly Product[] = [
  product('Nordlys', 'desk lamp'),
  product('Nordlys', 'floor lamp'),
  product('Halden', 'oak stool'),
  product('Halden', 'bar stool'),
  product('Halden', 'side table'),
  product('Brisa', 'fan heater'),
  product('Brisa', 'ceiling fan'),
  product('Kestrel', 'kettle'),
  product('Kestrel', 'toaster'),
  product('Kestrel', 'milk frother'),
  product('Tarn', 'coffee grinder'),
  product('Tarn', 'espresso machine'),
  product('Tarn', 'moka pot'),
  product('Ostra', 'cast iron pan'),
  product('Ostra', 'bread knife', 'bread knives'),
  product('Ostra', 'chopping board'),
  product('Ostra', 'saucepan set'),
  product('Linnea', 'duvet cover'),
  product('Linnea', 'bath towel'),
  product('Linnea', 'wool blanket'),
  product('Linnea', 'linen curtain'),
  product('Varde', 'storage box', 'storage boxes'),
  product('Varde', 'shoe rack'),
  product('Varde', 'coat stand'),
  product('Varde', 'wall shelf', 'wall shelves'),
  product('Solano', 'garden chair'),
  product('Solano', 'parasol'),
  product('Solano', 'fire bowl'),
  product('Mirelle', 'wall mirror'),
  product('Mirelle', 'wall clock'),
  product('Mirelle', 'picture frame'),
  product('Pico', 'night light'),
  product('Pico', 'high chair'),
  product('Pico', 'toy chest'),
  product('Fjell', 'vacuum flask'),
  product('Fjell', 'camping stove'),
  product('Fjell', 'headlamp'),
];

/** In the shop since noon. */
export const newProducts: readonly Product[] = [
  product('Aster', 'rice cooker'),
  product('Aster', 'air purifier'),
  product('Solano', 'hammock'),
  product('Varde', 'laundry basket'),
];

const firstNames = [
  'Anna',
  'Ben',
  'Carla',
  'David',
  'Elif',
  'Farah',
  'George',
  'Hanna',
  'Ivan',
  'Julia',
  'Karim',
  'Lena',
  'Marco',
  'Nadia',
  'Oscar',
  'Priya',
  'Quentin',
  'Rosa',
  'Samir',
  'Tessa',
  'Ursula',
  'Victor',
  'Wendy',
  'Yusuf',
  'Zoe',
  'Martin',
  'Claire',
  'Tom',
  'Sofia',
  'Paul',
];
const lastNames = [
  'Weber',
  'Okafor',
  'Lindqvist',
  'Martins',
  'Novak',
  'Brown',
  'Garcia',
  'Petrov',
  'Dubois',
  'Yilmaz',
  'Hughes',
  'Rossi',
  'Keller',
  'Singh',
  'Larsen',
  'Moreau',
  'Taylor',
  'Costa',
  'Fischer',
  'Walsh',
  'Jansen',
  'Kaya',
  'Morgan',
  'Silva',
  'Becker',
  'Nguyen',
  'Evans',
  'Romero',
  'Holm',
  'Clarke',
];
// Nobody's, as .internal belongs to private networks; the domains reserved for examples are left alone by redaction.
const mailHosts = ['quickmail.internal', 'letterbox.internal', 'postman.internal', 'fairmail.internal'];

/** A person who does not exist: name and mail address. */
export function person(draw: Draw): { name: string; email: string } {
  const [first, last] = [draw.pick(firstNames), draw.pick(lastNames)];
  const local = draw.pick([`${first}.${last}`, `${first[0]}${last}`, `${first}${draw.between(60, 99)}`]);
  return { name: `${first} ${last}`, email: `${local.toLowerCase()}@${draw.pick(mailHosts)}` };
}

/** A phone number from ranges that are kept free for fiction. */
export function phone(draw: Draw): string {
  const tail = String(draw.between(100, 999));
  return draw.pick([`+44 20 7946 0${tail}`, `+1 212 555 0${draw.between(100, 199)}`, `020 7946 0${tail}`]);
}

export function date(draw: Draw): string {
  const day = draw.between(1, 28);
  const month = draw.pick(['September', 'October', 'November']);
  return draw.pick([`${day} ${month}`, `${month} ${day}`, `${day}/${draw.between(9, 11)}`, `the ${day}th`]);
}

export function amount(draw: Draw): string {
  const value = `${draw.between(9, 240)}.${draw.pick(['00', '50', '90', '95', '99'])}`;
  return draw.pick([`€${value}`, `${value} EUR`, `£${value}`, `$${value}`]);
}

/** Five digits, the first not zero. */
export function orderNumber(draw: Draw): string {
  return String(draw.between(20000, 89999));
}

/** The same number with two neighbouring digits swapped, or one changed where that would be the same. */
export function misread(order: string, draw: Draw): string {
  const at = draw.between(1, order.length - 2);
  const swapped = order.slice(0, at) + order[at + 1]! + order[at]! + order.slice(at + 2);
  if (swapped !== order) return swapped;
  return order.slice(0, at) + String((Number(order[at]) + 1) % 10) + order.slice(at + 1);
}
