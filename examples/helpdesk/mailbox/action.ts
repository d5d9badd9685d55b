/** Which tool a mail calls for: the shop's policy as a table. The agent's prompt says the same in words. */
import type { Action, Category } from './mail.ts';

export type ReturnReason = 'damaged' | 'wrong_item' | 'unwanted' | 'does_not_fit';

/** The one right tool call for a mail of this category. Without an order number the agent has to ask for it. */
export function actionFor(category: Category, order: string | null, reason: ReturnReason): Action {
  const onOrder = (name: string, more: Readonly<Record<string, string>> = {}): Action =>
    order === null
      ? { name: 'ask_order_number', arguments: {} }
      : { name, arguments: { order_number: order, ...more } };
  const escalate = (queue: string): Action => ({ name: 'escalate_to_human', arguments: { queue } });
  switch (category) {
    case 'order_status':
      return onOrder('lookup_order');
    case 'damaged_item':
    case 'wrong_item':
    case 'return_request':
      return onOrder('start_return', { reason });
    case 'refund_status':
      return onOrder('check_refund');
    case 'cancel_order':
      return onOrder('cancel_order');
    case 'change_address':
      return onOrder('update_address');
    case 'invoice_request':
      return onOrder('send_invoice');
    case 'payment_problem':
      return escalate('billing');
    case 'product_question':
      return escalate('sales');
    case 'account_access':
      return escalate('technical');
    case 'complaint':
      return escalate('complaints');
  }
}
