/** Sentence patterns of the mails that are not about an order, and the few that take the policy's small print. */
import type { Category } from './mail.ts';
import { orderTopics, type Topic } from './orders.ts';
import { type Pattern, patternsOf } from './phrase.ts';

const otherTopics: readonly Topic[] = [
  {
    category: 'product_question',
    weight: 13,
    wishShare: 0,
    core: patternsOf(
      'product_question',
      [
        'Is the {product} (dishwasher safe|suitable for outdoors|easy to clean|made of solid wood)?',
        'Does the {product} come (with a plug|in green|with screws|in a gift box)?',
        'What (size|width|height|weight|material) is the {product}?',
        'Will the {product} be (back in stock|available again) (soon|this year)?',
        'Which (bulb|battery|filter|spare part) does the {product} need?',
        'How do I (clean|assemble|descale|mount) the {product}?',
        '(Does|Do) you (have|sell) the {product} in (white|oak|a larger size|a set)?',
        'Is there a warranty on the {product}(?| and for how long?)',
        'Can I use the {product} (in the bathroom|with induction|outside in winter|with 110 V)?',
        'I (am thinking of buying|might buy) the {product}, (is it loud?|how heavy is it?|is it easy to clean?)',
        'What is the difference between the {product} and the (cheaper|bigger|older) one?',
        'Do you deliver the {product} to (Norway|Switzerland|Ireland)(?| and what does shipping cost?)',
      ],
      [
        'Before I buy the {product}: is it suitable for (a toddler|a small balcony|a wet room)?',
        'My mother wants to know if the {product} (can be dimmed|is heavy|comes in white).',
        'Is there a manual for the {product}? (How do I descale it?|Mine is in Polish.)',
      ],
    ),
    context: patternsOf(
      'product_question.more',
      [
        'I could not find it on (the page|your website).',
        'It would be for (a small kitchen|my daughter|a rented flat).',
        'I am comparing (two shops|a few models).',
      ],
      ['(The picture does not show it.|Reviews disagree on that.)'],
    ),
  },
  {
    category: 'account_access',
    weight: 8,
    wishShare: 0,
    core: patternsOf(
      'account_access',
      [
        'I (cannot|can not|am unable to) log in to my account.',
        'I (forgot|lost) my password and (the reset mail never comes|the link does not work|get no reset mail).',
        'My account (is locked|has been blocked|was disabled)(.| since {date}.)',
        'How (can|do) I change the (email address|phone number|password) of my account?',
        'Please delete my (account|customer account) and all my data.',
        'The (code|verification code) for signing in (never arrives|is always wrong|has expired).',
        'I (cannot|do not) see my (old orders|order history) when I sign in.',
        '(Somebody|Someone) (logged in to|is using) my account, please (block|secure) it.',
        'Your app (logs me out|asks for my password) (all the time|every day|again and again).',
      ],
      [
        'The shop claims my email is unknown when I (sign in|log in).',
        'New phone, so (there are no more codes|the codes go to the old one) and I cannot sign in to my account.',
      ],
    ),
    context: patternsOf(
      'account_access.more',
      [
        'I (tried|have tried) another browser.',
        'My (user name|customer number) is {customer}.',
        'It (worked|still worked) last week.',
      ],
      ['I (cleared the cookies|restarted everything).'],
    ),
  },
  {
    category: 'complaint',
    weight: 8,
    wishShare: 0,
    core: patternsOf(
      'complaint',
      [
        'Your (driver|courier) was (rude|very unfriendly|shouting at me)(.| when he came on {date}.)',
        'I have (written|called) (three|four|five) times and nobody (answers|calls back|cares).',
        'Your (hotline|phone line) (kept me waiting|left me on hold) for (an hour|forty minutes).',
        'I am (very|really|deeply) (disappointed|unhappy) with your (service|customer service|support).',
        'The (parcel|driver) (blocked our entrance|was thrown over the fence|was left in the rain).',
        'Please (stop|quit) sending me (advertising|newsletters|so many emails).',
        'Your (website|advert|newsletter) is (misleading|a mess|full of false promises).',
        'The way (your colleague|your agent|the chat) (treated|spoke to) me was (unacceptable|a disgrace).',
        'I want to (make a complaint|complain) about (your staff|the courier|the way I was treated).',
      ],
      [
        'Never again! Nobody (listens|answers) in your customer service.',
        'Your driver (kicked our gate|swore at my grandmother|parked on my flowers).',
        'Does anybody in your support read what customers write? I am disappointed.',
      ],
    ),
    context: patternsOf(
      'complaint.more',
      [
        'I (expect|want) an apology.',
        'I will (write a review|tell my friends|shop elsewhere).',
        'This is not (how you treat customers|acceptable).',
      ],
      ['(I know a journalist.|The consumer office will hear of it.)'],
    ),
  },
];

export const topics: readonly Topic[] = [...orderTopics, ...otherTopics];

/** Sorted by the policy's small print only: the message alone could be read in another way. */
export const hardPatterns: readonly { readonly category: Category; readonly pattern: Pattern }[] = [
  { category: 'order_status', text: 'The parcel {order} was marked as delivered but I never got {item}.' },
  {
    category: 'order_status',
    text: 'Third mail about {order} now, what is wrong with you, I just want {item}.',
  },
  { category: 'wrong_item', text: 'The box of {order} was empty, no {product} in it.' },
  { category: 'wrong_item', text: 'The {product} was not in the parcel {order}, only the rest.' },
  { category: 'damaged_item', text: 'The {product} works but its manual and screws were never in the box.' },
  { category: 'payment_problem', text: 'The {product} from {order} is cheaper now, I want the difference.' },
].map(({ category, text }, i) => ({
  category: category as Category,
  pattern: { id: `hard/${i}`, text, late: false },
}));
