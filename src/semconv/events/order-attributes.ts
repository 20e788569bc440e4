/** What events of orders and of their fills tell. */

/** Of the order. */
export const orderAttributes = [
  'trading.order.id',
  'trading.order.client_id',
  'trading.order.side',
  'trading.order.type',
  'trading.order.quantity',
  'trading.order.price',
  'trading.order.status',
  'trading.order.event',
  'trading.order.venue_status',
  'trading.order.venue_event',
] as const

/** Of the fill, and what it makes of the order. */
export const fillAttributes = [
  'trading.fill.id',
  'trading.fill.price',
  'trading.fill.quantity',
  'trading.fill.liquidity',
  'trading.fill.fee',
  'trading.fill.fee_currency',
  'trading.fees_by_currency',
  'trading.order.filled_quantity',
  'trading.order.remaining_quantity',
  'trading.order.average_price',
  'trading.fill.derived',
  'trading.fill.late',
] as const
