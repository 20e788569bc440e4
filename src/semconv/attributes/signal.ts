import { denyReasons, signalReasons } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** What the detector saw and why it decided. */
export const signalAttributes = {
  'trading.signal.id': {
    type: 'string',
    brief: 'Id that the detector gave the signal.',
    example: 'sig_abc123',
    id: true,
  },
  'trading.signal.confidence': {
    type: 'double',
    brief: 'Confidence of the detector, 0 to 1.',
    example: 0.85,
    unit: '1',
  },
  'trading.signal.reason': {
    type: 'string',
    brief: 'Why the signal arose, or did not.',
    example: 'velocity_below_threshold',
    values: signalReasons,
  },
  'trading.signal.filter': {
    type: 'string',
    brief: 'Filter that stopped the signal.',
    example: 'min_volatility',
  },
  'trading.signal.cooldown_ms': {
    type: 'double',
    brief: 'Time until the detector may signal again.',
    example: 30000,
    unit: 'ms',
  },
  'trading.signal.detection_latency_ms': {
    type: 'double',
    brief: 'Market event at the venue until the bot knew it; two clocks, so an estimate.',
    example: 12.4,
    unit: 'ms',
  },
  'trading.signal.decision_latency_ms': {
    type: 'double',
    brief: 'The bot knew until the order was decided.',
    example: 3.1,
    unit: 'ms',
  },
  'trading.indicator.name': {
    type: 'string',
    brief: 'Indicator that was computed.',
    example: 'atr',
  },
  'trading.indicator.value': { type: 'double', brief: 'Value of the indicator.', example: 312.4 },
  'trading.indicator.threshold': {
    type: 'double',
    brief: 'Value it was compared with.',
    example: 250,
  },
  'trading.indicator.passed': {
    type: 'boolean',
    brief: 'Whether the check let the signal pass.',
    example: true,
  },
  'trading.indicator.period': {
    type: 'int',
    brief: 'Candles that the indicator looked at.',
    example: 14,
  },
  'trading.indicator.state': {
    type: 'any',
    brief: 'Inner state of the indicator, as the detector sees it.',
    example: { previous: 301.2, true_range: 340 },
  },
  'trading.atr': { type: 'double', brief: 'Average true range, in quote money.', example: 312.4 },
  'trading.velocity': {
    type: 'double',
    brief: 'Price change over the window, as a ratio.',
    example: 0.008,
    unit: '1',
  },
  'trading.pattern': { type: 'string', brief: 'Candle pattern.', example: 'bullish_engulfing' },
  'trading.pattern_matched': {
    type: 'boolean',
    brief: 'Whether the pattern was there.',
    example: true,
  },
  'trading.candle': {
    type: 'any',
    brief: 'Candle as open, high, low, close, volume.',
    example: { open: '1', high: '2', low: '1', close: '2', volume: '10' },
  },
  'trading.candle_interval_ms': {
    type: 'int',
    brief: 'Length of a candle.',
    example: 60000,
    unit: 'ms',
  },
  'trading.decision.price': {
    type: 'decimal',
    brief: 'Mid, or the chosen side, at the instant of the signal.',
    example: '43210.50',
  },
  'trading.decision.price_num': {
    type: 'double',
    brief: 'Double twin of trading.decision.price.',
    example: 43210.5,
  },
  'trading.decision.quantity': {
    type: 'decimal',
    brief: 'Quantity that was decided.',
    example: '0.010',
  },
  'trading.decision.leverage': { type: 'double', brief: 'Leverage that was set.', example: 3 },
  'trading.decision.risk': {
    type: 'any',
    brief: 'Figures behind the size: risk share, equity, stop distance.',
    example: { equity: '10000', risk: 0.01 },
  },
  'trading.arrival.price': {
    type: 'decimal',
    brief: 'Mid when the order reached the venue.',
    example: '43211.00',
  },
  'trading.deny.reason': {
    type: 'string',
    brief: 'Own risk check that stopped the order; it was never sent.',
    example: 'max_position',
    values: denyReasons,
  },
  'trading.risk.limit': {
    type: 'string',
    brief: 'Limit that was hit, with its value.',
    example: 'max_position=0.5',
  },
} as const satisfies Record<string, AttributeDefinition>
