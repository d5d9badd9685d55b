/**
 * Sentence patterns of the mails that are about an order; the first sentence of a mail is one of `core`.
 * A leading tag says what the sentence settles: [wish] what the customer wants (said once), [fit] the reason of a
 * return. Slots: {order}, {product}, {item} (a product, perhaps with a quantity), {date}, {amount}.
 */
import type { Category } from './mail.ts';
import { type Pattern, patternsOf } from './phrase.ts';

export interface Topic {
  readonly category: Category;
  /** Share of the mails, in per cent. */
  readonly weight: number;
  readonly core: readonly Pattern[];
  readonly context: readonly Pattern[];
  /** How often a sentence of `wishes` follows. */
  readonly wishShare: number;
}

export const orderTopics: readonly Topic[] = [
  {
    category: 'order_status',
    weight: 14,
    wishShare: 0,
    core: patternsOf(
      'order_status',
      [
        '(Where is|Where exactly is|Do you know where) my order {order}(?| at the moment?| right now?)',
        'When (will|does) {item} (arrive|get here|reach me)?',
        "(I'm|I am) still waiting for {item} from order {order}.",
        'Has order {order} (been shipped yet|left your warehouse|gone out)?',
        'The tracking for {order} has not (moved|changed|been updated) since {date}.',
        'My parcel (was due|should have been here) on {date} and (there is no sign of it|nothing came).',
        "(Can|Could) you (tell me|check) (what has happened to|what's happening with|the status of) order {order}(?|, please?)",
        'I ordered {item} on {date} and (it has not turned up|nothing has arrived|heard nothing since).',
        'Still no {product}. (Any news on delivery?|When can I expect it?|What is the delivery date?)',
        'Please (send|give) me (a delivery date|the tracking link|an update) for order {order}.',
        'The courier site says order {order} is (out for delivery|in transit|at the depot) since {date}, (is that right?|what is going on?)',
      ],
      [
        'It has been (ages|over a week|ten days) and the parcel with order {order} (has not come|is not here), any idea where it is?',
        'Just (curious|wondering) whether {item} will be delivered before the weekend.',
        '(Did you forget my parcel?|Is my parcel lost?) Order {order} was promised for {date}.',
      ],
    ),
    context: patternsOf(
      'order_status.more',
      [
        '(I need it by|It has to be here by) {date}.',
        'The (tracking page|app) (shows nothing|is blank|says "in preparation").',
        'I (will be|am) away from {date}.',
      ],
      ['My neighbour (got hers|received his) days ago.'],
    ),
  },
  {
    category: 'damaged_item',
    weight: 10,
    wishShare: 0.6,
    core: patternsOf(
      'damaged_item',
      [
        '{item} from order {order} arrived (broken|damaged|cracked|smashed|in pieces).',
        'I opened the box and {item} (had a big crack|had a deep scratch|came with a dent|came in pieces).',
        '(Unfortunately|Sadly) {item} (stopped working|broke|fell apart) after (one day|two uses|an hour).',
        'The {product} (does not switch on|will not turn on|is faulty|has a defect).',
        'Order {order} came with (a broken|a cracked|a scratched|a dented) {product}.',
        'The delivery was (crushed|soaked|torn open) and {item} did not survive.',
        'The {product} I got on {date} (leaks|wobbles|makes a burning smell|rattles).',
        'There is a (crack|scratch|stain|hole) in the {product} you sent(.| me.)',
        '[wish]Please replace {item} from {order}, (it is|they came) (broken|damaged|defective).',
        'The {product} came with its (glass|handle|lid|leg) (broken|snapped off|cracked).',
      ],
      [
        'The courier must have played football with order {order}: {item} arrived (shattered|bent out of shape|as a total wreck).',
        'Half of the {product} came off in my hands, it is (broken|falling apart).',
        'Sparks came out of the {product} and then it (stopped working|was dead).',
      ],
    ),
    context: patternsOf(
      'damaged_item.more',
      [
        'I (can send|have attached|took) photos.',
        'The (box|carton) (looked fine|was dented too).',
        'It (was packed badly|had hardly any padding).',
      ],
      ['I swept up the (splinters|pieces) already.'],
    ),
  },
  {
    category: 'wrong_item',
    weight: 6,
    wishShare: 0.5,
    core: patternsOf(
      'wrong_item',
      [
        'You sent me the wrong (thing|article|item) in order {order}, I (ordered|bought|paid for) {item}.',
        "I (received|got) (someone else's|a different|the wrong) (parcel|article|item) instead of {item}.",
        'Order {order}: (wrong colour|wrong size|wrong model), I (wanted|ordered) {item}.',
        'This is not what I ordered. It should have been {item}.',
        'The (box|parcel) for {order} (contains|held) something (else|completely different) than {item}.',
        'Instead of {item} (there was|I found) a (book|pair of socks|garden hose|phone case) in the parcel.',
        'The {product} I got is in (black|white|grey), I had ordered (red|blue|green).',
        'I got {item} (but never ordered that|which is not mine|that I did not order), my order {order} was something else.',
      ],
      [
        'Looks like a mix-up at your end: order {order} was for {item} and the parcel contains (a cushion|a doormat).',
        'Somebody (swapped|mixed up) the labels, (this is not the {product} I ordered.|I received the wrong {product}.)',
      ],
    ),
    context: patternsOf(
      'wrong_item.more',
      [
        'The (delivery note|label) is (right|correct) though.',
        'I have not (opened|used) it.',
        'What should I do with the (other one|wrong one)?',
      ],
      ['(Maybe|Perhaps) another customer has mine.'],
    ),
  },
  {
    category: 'return_request',
    weight: 10,
    wishShare: 0.3,
    core: patternsOf(
      'return_request',
      [
        "(I'd like|I would like|I want) to return {item} from order {order}.",
        '(How do I|How can I|Can I) send back {item}?',
        '[fit]The {product} (is too big|is too small|does not fit|is too wide), (I want to return it|can I send it back?)',
        "I (don't need|no longer need|changed my mind about) {item}, (how does the return work?|please send a return label.)",
        'Please (send|email) me a return label for order {order}.',
        '[fit]{item} (turned out too large|turned out too small|will not fit in my kitchen) and I would like to give it back.',
        'I do not like the {product}, (can I return it?|I want to give it back.)',
        'Order {order} (should|has to|is to) go back, I (did not like it|was too quick|do not want to keep it).',
        '[wish]I want to give back {item} and get my money back.',
        'Is it still possible to return {item}? I bought it on {date}.',
      ],
      [
        '[fit]I measured badly, my fault: {item} would be too big for the door, so order {order} has to go back to you.',
        'My (wife|husband|cat) does not like the {product}, (can you take it back?|how do we return it?)',
        'Could a courier collect {item} from me as a return? We decided against keeping it.',
      ],
    ),
    context: patternsOf(
      'return_request.more',
      [
        'It is (unused|still in the box|as new).',
        'Who pays (the postage|for the shipping)?',
        'I (still have|threw away) the (packaging|box).',
      ],
      ['(The tape is still on.|I only looked at it once.)'],
    ),
  },
  {
    category: 'refund_status',
    weight: 7,
    wishShare: 0,
    core: patternsOf(
      'refund_status',
      [
        'When will I (get|receive|see) (my refund|my money|the refund) for order {order}?',
        'I sent {item} back on {date} and (have not been refunded|there is no refund yet|still no money).',
        'The refund for {order} (has not arrived|is still missing|never came).',
        'You (promised|confirmed) a refund of {amount} on {date}, (where is it?|nothing has come.)',
        'My return of {item} (arrived at|got to) your warehouse (last week|on {date}), when do I get the money?',
        'I (only got|was only refunded) part of the money for order {order}.',
        '(Any news|Is there any news|What is the status) on my refund for {item}?',
        'How long does (a refund|the refund) take? I returned order {order} on {date}.',
      ],
      [
        'My bank account is as empty as before: the refund of {amount} for the {product} (is not there|did not arrive).',
        'You have had my return of {order} for (weeks|a month) now, (where is my refund?|when do I see the money?)',
      ],
    ),
    context: patternsOf(
      'refund_status.more',
      [
        'I paid by (card|bank transfer|PayPal).',
        'My bank (sees nothing|has not received anything).',
        'The return was (confirmed|signed for) on {date}.',
      ],
      ['(Do you need my IBAN again?|The receipt from the post office is here.)'],
    ),
  },
  {
    category: 'cancel_order',
    weight: 8,
    wishShare: 0.15,
    core: patternsOf(
      'cancel_order',
      [
        'Please cancel (order|my order) {order}.',
        '(I want|I need|I would like) to cancel {item} (that I ordered on {date}|I just ordered|from order {order}).',
        'Can I still cancel order {order}?',
        'I (ordered|clicked) by mistake, (please cancel|please stop) order {order}.',
        'I (accidentally|mistakenly) put {item} in my basket, (cancel that|please take it off the order).',
        '(Stop|Please stop) the order for {item}, I (no longer want it|found another one|do not need it any more).',
        '(It takes too long|Delivery takes too long), please cancel {order}.',
        '[wish]Cancel {order} and (give me my money back|refund me), please.',
        'I wish to withdraw from my purchase of {item}, it (has not been|was not) shipped yet.',
      ],
      [
        '(Do not|Please do not) ship order {order}, cancel it, we decided otherwise.',
        'Should {item} not be shipped yet, please stop it, I (found another one|am no longer interested).',
        'My (son|daughter) ordered {order} by mistake, please (undo|cancel) it.',
      ],
    ),
    context: patternsOf(
      'cancel_order.more',
      [
        'It (has not|should not have) left your warehouse.',
        'I (ordered|placed it) only (an hour|ten minutes) ago.',
        'Please confirm (by mail|in writing).',
      ],
      ['(I hope I am in time.|Sorry for the back and forth.)'],
    ),
  },
  {
    category: 'change_address',
    weight: 5,
    wishShare: 0,
    core: patternsOf(
      'change_address',
      [
        'I (moved|have moved), please (change|update) the address for order {order}.',
        'Please (deliver|send) {item} to (my office|my new flat|a different address|my parents) instead.',
        'The (delivery address|shipping address) on order {order} is (wrong|out of date|incomplete).',
        'I (typed|entered) the wrong (street|house number|postcode) for {order}.',
        '(Can|Could) you (change|correct) the delivery address of {order}(?|, please?)',
        'I forgot (the flat number|the house number|to put my company name) on order {order}.',
        'Can {item} go to (another address|a pick-up point|my neighbour) instead?',
      ],
      [
        'Nobody will be at my old address any more, so order {order} has to go to the new one.',
        'You still have my previous address on file for {item}, (please update it.|please correct it.)',
      ],
    ),
    context: patternsOf(
      'change_address.more',
      [
        'The new one is (12 Mill Lane|7 Park Road|48 Hill Street|3 Station Road), {zip} (Dortmund|Lyon|Turin|Malaga).',
        'The (rest|name) stays the same.',
        'We moved on {date}.',
      ],
      ['It is the house with the (blue|green) door.'],
    ),
  },
  {
    category: 'invoice_request',
    weight: 5,
    wishShare: 0,
    core: patternsOf(
      'invoice_request',
      [
        '(Please send|Could you send|Can you send) me the invoice for order {order}(.|?)',
        'I need (an invoice|a receipt|a bill with VAT) for {item} for (my tax return|my company|the insurance).',
        'There was no invoice in the parcel (with {item}|for {order}).',
        'The invoice for {order} (shows|has) the wrong (name|company|VAT number).',
        '(Where|How) can I download the (invoice|receipt) for order {order}?',
        'My (accountant|employer|insurance) (asks for|needs) the invoice of {item}.',
      ],
      [
        'Paperwork time: a proper PDF invoice (with VAT|with my company on it) for order {order}, please.',
        'The tax office wants to see (a receipt|an invoice) for the {product}.',
      ],
    ),
    context: patternsOf(
      'invoice_request.more',
      [
        'A PDF (is enough|would be fine).',
        'Please (put|write) our VAT number on it.',
        'I need it (by|before) {date}.',
      ],
      ['The year is closing (soon|on {date}).'],
    ),
  },
  {
    category: 'payment_problem',
    weight: 6,
    wishShare: 0.2,
    core: patternsOf(
      'payment_problem',
      [
        'I was charged twice for order {order}.',
        'My card was (declined|rejected) when I (tried to pay|paid) for {item}.',
        'You (took|charged|booked) {amount} for {order} but the price was {amount}.',
        'The payment for order {order} (failed|did not go through|is stuck).',
        'The (voucher|discount code|coupon) was not (applied|deducted) on order {order}.',
        'I paid for {item} but the shop (says|shows) (unpaid|payment pending).',
        'PayPal (took|shows) the {amount} but your shop says order {order} is not paid.',
        'There is a (charge|payment) of {amount} on my card that I do not (know|recognise), order {order}.',
      ],
      [
        'My statement lists order {order} twice, why was my card charged (again|two times)?',
        'At checkout the {product} cost {amount}, but my card was charged {amount}.',
      ],
    ),
    context: patternsOf(
      'payment_problem.more',
      [
        'I (used|paid with) (a Visa card|PayPal|bank transfer), ending 4{pin}.',
        'My bank says (it is on your side|everything is fine).',
        'I tried (twice|three times|again today).',
      ],
      ['(A screenshot is attached.|My bank closes at four.)'],
    ),
  },
];
