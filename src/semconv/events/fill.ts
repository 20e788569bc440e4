import type { EventDefinition } from './definition.ts'
import { fillAttributes, orderAttributes } from './order-attributes.ts'

/** What becomes of fills that were told already: confirmed, taken back, told twice. */
export const fillEventDefinitions = {
  'trading.order.fill_confirmed': {
    brief:
      'A fill that was known from the filled quantity alone got its execution id, liquidity and fee.',
    severity: 'info',
    class: 'critical',
    categories: ['orders'],
    attributes: [...orderAttributes, ...fillAttributes],
    aliases: ['order_fill_confirmed'],
  },
  'trading.order.fill_busted': {
    brief:
      'The venue took a fill back: a trade cancel or correct, a bust, a settlement that failed. Quantity and price are those of the fill, what is filled now is without it; the fee is negative where it was paid.',
    severity: 'error',
    class: 'critical',
    categories: ['orders', 'errors'],
    attributes: [
      ...orderAttributes,
      'trading.fill.ref_id',
      'trading.fill.id',
      'trading.fill.price',
      'trading.fill.quantity',
      'trading.fill.fee',
      'trading.fill.fee_currency',
      'trading.fees_by_currency',
      'trading.fill.settlement',
      'trading.fill.tx_hash',
      'trading.order.filled_quantity',
      'trading.order.remaining_quantity',
      'trading.order.average_price',
      'trading.fill.late',
    ],
    counts: ['trading.order.events', 'trading.order.busts'],
    aliases: ['order_fill_busted', 'trade_canceled', 'trade_busted', 'trade_bust'],
  },
  'trading.order.duplicate_fill': {
    brief: 'A fill came twice; it is counted once.',
    severity: 'debug',
    class: 'normal',
    categories: ['orders'],
    attributes: [...orderAttributes, 'trading.fill.id'],
    counts: ['trading.order.duplicates'],
    aliases: ['order_duplicate_fill'],
  },
} as const satisfies Record<string, EventDefinition>
