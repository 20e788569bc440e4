import { exitReasons, marginModes, positionSides, priceSources } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** The position: what is held, what it is worth, how it ended. */
export const positionAttributes = {
  'trading.position.id': { type: 'string', brief: 'The position.', example: 'p1', id: true },
  'trading.position.side': {
    type: 'string',
    brief: 'Long or short.',
    example: 'long',
    values: positionSides,
    ccxt: 'side',
  },
  'trading.position.quantity': {
    type: 'decimal',
    brief: 'Open quantity, in base money.',
    example: '0.010',
    ccxt: 'contracts',
  },
  'trading.position.entry_price': {
    type: 'decimal',
    brief: 'Average entry price.',
    example: '43210.00',
    ccxt: 'entryPrice',
  },
  'trading.position.exit_price': {
    type: 'decimal',
    brief: 'Average exit price.',
    example: '43402.50',
  },
  'trading.position.mark_price': {
    type: 'decimal',
    brief: 'Price that the unrealized result was computed with.',
    example: '43300.00',
    ccxt: 'markPrice',
  },
  'trading.position.leverage': { type: 'double', brief: 'Leverage.', example: 3, ccxt: 'leverage' },
  'trading.position.margin_mode': {
    type: 'string',
    brief: 'Cross or isolated.',
    example: 'isolated',
    values: marginModes,
    ccxt: 'marginMode',
  },
  'trading.position.liquidation_price': {
    type: 'decimal',
    brief: 'Price at which the venue liquidates.',
    example: '30111.00',
    ccxt: 'liquidationPrice',
  },
  'trading.position.liquidation_distance': {
    type: 'double',
    brief: '|mark − liquidation| / mark.',
    example: 0.3,
    unit: '1',
  },
  'trading.position.margin_ratio': {
    type: 'double',
    brief: 'Maintenance margin over margin balance.',
    example: 0.12,
    unit: '1',
    ccxt: 'marginRatio',
  },
  'trading.position.stop_price': {
    type: 'decimal',
    brief: 'Stop-loss price.',
    example: '42900.00',
  },
  'trading.position.take_profit_price': {
    type: 'decimal',
    brief: 'Take-profit price.',
    example: '43800.00',
  },
  'trading.position.exit.reason': {
    type: 'string',
    brief: 'Why the position was closed.',
    example: 'take_profit',
    values: exitReasons,
  },
  'trading.position.holding_ms': {
    type: 'double',
    brief: 'Opened until closed.',
    example: 64000,
    unit: 'ms',
  },
  'trading.position.change': {
    type: 'any',
    brief: 'What was modified: fields with old and new value.',
    example: { stop_price: ['42900', '43000'] },
  },
  'trading.pnl.realized': {
    type: 'decimal',
    brief:
      'Realized result after fees and funding, quote money (base money for inverse contracts).',
    example: '1.91',
    ccxt: 'realizedPnl',
  },
  'trading.pnl.realized_num': {
    type: 'double',
    brief: 'Double twin of trading.pnl.realized.',
    example: 1.91,
  },
  'trading.pnl.currency': {
    type: 'string',
    brief: 'What results are counted in: the quote of the symbol, its base for inverse contracts.',
    example: 'USDT',
  },
  'trading.pnl.gross': {
    type: 'decimal',
    brief: 'Realized result before fees and funding, quote money.',
    example: '1.95',
  },
  'trading.pnl.unrealized': {
    type: 'decimal',
    brief: 'Unrealized result, quote money.',
    example: '0.90',
    ccxt: 'unrealizedPnl',
  },
  'trading.pnl.unrealized_num': {
    type: 'double',
    brief: 'Double twin of trading.pnl.unrealized.',
    example: 0.9,
  },
  'trading.pnl.source': {
    type: 'string',
    brief: 'Price that the unrealized result uses.',
    example: 'mark',
    values: priceSources,
  },
  'trading.pnl.by_source': {
    type: 'any',
    brief: 'Unrealized result by price source, quote money.',
    example: { mark: '0.90', last: '0.94' },
  },
  'trading.pnl.venue_realized': {
    type: 'decimal',
    brief: 'Realized result as the venue reports it, quote money.',
    example: '1.95',
  },
  'trading.pnl.difference': {
    type: 'decimal',
    brief: 'Largest difference between the price sources, quote money.',
    example: '0.04',
  },
  'trading.pnl.mae': {
    type: 'decimal',
    brief: 'Worst unrealized result during the trade, quote money.',
    example: '-0.55',
  },
  'trading.pnl.mfe': {
    type: 'decimal',
    brief: 'Best unrealized result during the trade, quote money.',
    example: '2.10',
  },
  'trading.pnl.drawdown': {
    type: 'decimal',
    brief: 'Largest fall from the best result, quote money.',
    example: '0.80',
  },
  'trading.funding.payment': {
    type: 'decimal',
    brief: 'Funding, quote money; positive = got, negative = paid.',
    example: '-0.012',
  },
  'trading.funding.rate': {
    type: 'decimal',
    brief: 'Funding rate at the settlement.',
    example: '0.0001',
  },
  'trading.funding.total': {
    type: 'decimal',
    brief: 'Funding of the position so far, quote money.',
    example: '-0.036',
  },
} as const satisfies Record<string, AttributeDefinition>
