/** Mails to a shop as examples: of three topics, each about an order. */
import type { Example } from '../../src/core/dataset.ts';
import { seededRandom } from '../../src/core/random.ts';

const TOPICS = {
  refund: ['I want my money back', 'please refund me', 'refund the purchase'],
  delivery: ['where is my parcel', 'the delivery is late', 'when will the parcel arrive'],
  account: ['I cannot log in', 'my password is lost', 'please reset my password'],
} as const;
export type Topic = keyof typeof TOPICS;

const FILLERS = ['hello', 'thanks', 'hi there', 'regards', 'asap', 'today', 'sir', 'team', 'again', 'urgent'];

/** `n` mails, each in a session of its own; the answer is made from topic and order number. */
export function mails(n: number, seed: number, answer: (topic: Topic, order: string) => string): Example[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const topic = random.pick(Object.keys(TOPICS)) as Topic;
    const order = `ORD-${10000 + random.below(89999)}`;
    const input = `${random.pick(FILLERS)}, ${random.pick(TOPICS[topic])} for ${order} ${random.pick(FILLERS)}`;
    const id = `${seed}-${i}`;
    return { id, callId: id, sessionId: id, at: i, input, answer: answer(topic, order), weight: 1 };
  });
}
