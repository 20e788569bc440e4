import { liquidities, settlements } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** One fill, and its fees. */
export const fillAttributes = {
  'trading.fill.id': {
    type: 'string',
    brief: 'Execution id: one fill, and the key that finds duplicates.',
    example: 'f1',
    id: true,
    fix: '17',
    ccxt: 'trade.id',
  },
  'trading.fill.ref_id': {
    type: 'string',
    brief: 'Execution id of the fill that is taken back; trading.fill.id is that of the report.',
    example: 'f1',
    id: true,
    fix: '19',
  },
  'trading.fill.price': {
    type: 'decimal',
    brief: 'Price of this fill.',
    example: '43210.00',
    fix: '31',
    ccxt: 'trade.price',
  },
  'trading.fill.price_num': {
    type: 'double',
    brief: 'Double twin of trading.fill.price.',
    example: 43210,
  },
  'trading.fill.quantity': {
    type: 'decimal',
    brief: 'Quantity of this fill.',
    example: '0.004',
    fix: '32',
    ccxt: 'trade.amount',
  },
  'trading.fill.quantity_num': {
    type: 'double',
    brief: 'Double twin of trading.fill.quantity.',
    example: 0.004,
  },
  'trading.fill.liquidity': {
    type: 'string',
    brief: 'Made or took liquidity; per fill, never per order.',
    example: 'maker',
    values: liquidities,
    fix: '851',
    ccxt: 'takerOrMaker',
  },
  'trading.fill.fee': {
    type: 'decimal',
    brief:
      'Fee of this fill; negative = rebate. Of several, the first; all are in trading.fees_by_currency.',
    example: '0.0172',
    fix: '12',
    ccxt: 'fee.cost',
  },
  'trading.fill.fee_currency': {
    type: 'string',
    brief: 'Currency of the fee.',
    example: 'USDT',
    fix: '479',
    ccxt: 'fee.currency',
  },
  'trading.fill.settlement': {
    type: 'string',
    brief: 'On-chain state of the match; final once confirmed.',
    example: 'confirmed',
    values: settlements,
  },
  'trading.fill.tx_hash': {
    type: 'string',
    brief: 'Transaction of the settlement.',
    example: '0x5f…',
    id: true,
  },
  'trading.fill.derived': {
    type: 'boolean',
    brief:
      'Derived from the filled quantity that the venue reported; the fill itself did not come.',
    example: true,
  },
  'trading.fill.late': {
    type: 'boolean',
    brief: 'Came after the order had ended; it is taken all the same.',
    example: true,
  },
  'trading.fees': {
    type: 'decimal',
    brief: 'Fees of the order or flow, in quote money.',
    example: '0.0344',
  },
  'trading.fees_by_currency': {
    type: 'any',
    brief:
      'Fees of the order or flow by currency, where they are not in quote money; of a fill, where it has several.',
    example: { BNB: '0.0001' },
  },
} as const satisfies Record<string, AttributeDefinition>
