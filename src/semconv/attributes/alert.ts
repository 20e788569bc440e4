import { alertLevels } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** Services that the bot depends on, and alerts that it raises itself. */
export const alertAttributes = {
  'trading.service.name': {
    type: 'string',
    brief: 'Service that the bot depends on: a venue, a node, a database. Few and fixed.',
    example: 'binance',
  },
  'trading.service.failures': {
    type: 'int',
    brief: 'Checks of the service that failed in a row.',
    example: 2,
  },
  'trading.service.duration_ms': {
    type: 'double',
    brief: 'How long the check took until its answer.',
    example: 18.4,
    unit: 'ms',
  },
  'trading.service.away_ms': {
    type: 'double',
    brief: 'How long the service was not reached.',
    example: 61000,
    unit: 'ms',
  },
  'trading.alert.level': {
    type: 'string',
    brief: 'How much the alert matters.',
    example: 'critical',
    values: alertLevels,
  },
  'trading.alert.type': {
    type: 'string',
    brief: 'What kind of alert it is. Few and fixed: it is a label.',
    example: 'margin_low',
  },
  'trading.alert.title': {
    type: 'string',
    brief: 'One line for the phone.',
    example: 'Free margin below 10 %',
  },
  'trading.alert.text': {
    type: 'string',
    brief: 'What happened and what to do.',
    example: 'Move funds to okx or close BTC/USDT.',
  },
  'trading.alert.data': {
    type: 'any',
    brief: 'What belongs to it.',
    example: { free: '81.20', needed: '100.00' },
  },
} as const satisfies Record<string, AttributeDefinition>
