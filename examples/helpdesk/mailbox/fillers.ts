/** Sentences that may stand in any mail: they carry no label, only slots and noise. */
import { patternsOf } from './phrase.ts';

/** Where the order number has no place in the first sentence. */
export const orderSentences = patternsOf(
  'order',
  [
    '(My order number is|The order number is|Order number|It is order|Order) {order}.',
    '(This is about|It concerns) order {order}.',
    'Order: {order}',
    '(The number is|My number is) {order}.',
  ],
  ['(On your papers it says|The slip says) {order}.', '(Reference|Ref.) {order}'],
);

/** Where the product has no place in the first sentence. */
export const productSentences = patternsOf(
  'product',
  ['It is about {item}.', '(I had ordered|I ordered|In it:) {item}.', '(That was|It was) {item}.'],
  ['(The thing in question:|We speak of) {item}.'],
);

/** What the customer asks for, each with its tag. */
export const wishSentences = patternsOf(
  'wish',
  [
    '[wish](I want|I would like|Please give me) my money back.',
    '[wish]I (would like|want|expect) a (full refund|refund).',
    '[wish]Please refund (me|the full price).',
    '[wish]Please send me (a new one|a replacement).',
    '[wish]I (would like|want) (a replacement|it replaced).',
    '[wish](Can|Could) you replace it?',
    '[wish]A (voucher|gift card|shop voucher) would be fine.',
    '[wish]I (would take|would accept|prefer) a voucher.',
  ],
  [
    '[wish](Put the money back on my card, please.|I just want to be paid back.)',
    '[wish](Just ship another one.|Send one that is in order.)',
    '[wish]Shop credit (will do|is fine by me).',
  ],
);

export const fillers = patternsOf(
  'filler',
  [
    'I (ordered|bought) it on {date}.',
    'I paid {amount}.',
    'It (was|is) a (present|gift) for my (sister|father|wife|neighbour).',
    'You can (call|reach) me on {phone}.',
    'I have been a customer (for years|since 2014|for a long time).',
    'Please (answer|reply|get back to me) (soon|by {date}|today).',
    '(Thanks|Thank you) (for your help|in advance).',
    'This is (urgent|quite urgent).',
    '(It cost|The price was) {amount}.',
    'I (live|am) on the {floor} floor.',
    '(I hope you can help.|What can you do for me?|Please help.)',
    'I am (at work|not at home) until (5|6) pm.',
  ],
  [
    '(My train leaves at 4|Typing this on my phone), so (keep it short|forgive the mess).',
    'The (kids|dogs) are (driving me mad|asking every day).',
    'No (hurry|rush) (though.|from my side.)',
    '(Fingers crossed.|You would make my day.)',
    'My (birthday|holiday) starts on {date}.',
  ],
);

/** A second question after the first: the first one decides the label. */
export const secondQuestions = patternsOf(
  'second',
  [
    '(Also|And): (can you send me the invoice too?|where do I find the invoice?)',
    '(Another thing|One more thing): how do I change my password?',
    '(By the way|Also), (do you have a shop in town?|when are you open on Saturdays?)',
    '(And|Also,) (do you ship to Ireland?|is there a newsletter discount?)',
    '(P.S.|PS:) (my account shows the wrong phone number.|your hotline is always busy.)',
    '(And|Also,) how long do I have to return things?',
  ],
  [
    '(While I am at it|Since I am writing): (are your prices going up?|can I pay by instalments?)',
    'Oh, and (is the sale on lamps over?|your chat is down.)',
  ],
);

/** Something that went well before, with a number that is not the one in question; stands first. */
export const earlierOrders = patternsOf(
  'earlier',
  [
    'My (last|earlier|previous) order {other} (was fine|went well).',
    '(After|Unlike) order {other} (which was perfect|that came quickly), now this.',
  ],
  ['Back in spring {other} (was a breeze|went like clockwork).'],
);

/** The customer notices that the number above is wrong. */
export const corrections = patternsOf(
  'correction',
  [
    'Sorry, (it is|the order is|I meant) {right}, not {wrong}.',
    'Correction: the order number is {right}.',
    '(Oops|Sorry), wrong number, (it is|it should be) {right}.',
    'Not {wrong} but {right}, sorry.',
  ],
  ['(Scrap|Forget) {wrong}, I misread it: {right}.'],
);

export const greetings = [
  'Hi,',
  'Hello,',
  'Hi there,',
  'Dear team,',
  'Good morning,',
  'Hello team,',
  'Hey,',
  'Dear Sir or Madam,',
];
export const lateGreetings = ['Good afternoon,', 'Hiya,', 'Dear all,'];
export const signOffs = [
  'Thanks,',
  'Best,',
  'Regards,',
  'Kind regards,',
  'Many thanks,',
  'Cheers,',
  'Best regards,',
];

export const subjects = [
  'Question',
  'Help',
  'Help please',
  'My order',
  'Request',
  'Problem',
  'Hello',
  'Urgent',
  'Your shop',
  'Customer service',
  'Please help',
  'Message from the contact form',
  '(no subject)',
  'Enquiry',
  'Re: your message',
  'Re: Your order',
];
export const orderSubjects = [
  'Order {order}',
  'Order no. {order}',
  'Re: Order {order}',
  '{order}',
  'My order {order}',
];

/** Above a quoted mail of the shop. */
export const quotes = [
  'Thank you for shopping with us. Your order {order} is confirmed.',
  'We have received your message and will answer within two days.',
  'Your order {order} is being prepared. Questions? Just reply.',
];
