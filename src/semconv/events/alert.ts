import type { EventDefinition } from './definition.ts'

/** Services that the bot depends on, and alerts that it raises itself. */
export const alertEvents = {
  'trading.service.reached': {
    brief: 'A service answers: for the first time, or again.',
    severity: 'info',
    class: 'critical',
    categories: ['api'],
    attributes: [
      'trading.service.name',
      'trading.service.duration_ms',
      'trading.service.away_ms',
      'server.address',
    ],
    measures: [{ metric: 'trading.service.up', value: 1 }],
    aliases: ['service_reached', 'service_up'],
  },
  'trading.service.unreachable': {
    brief: 'A service does not answer any more.',
    severity: 'error',
    class: 'critical',
    categories: ['api', 'errors'],
    attributes: [
      'trading.service.name',
      'trading.service.failures',
      'server.address',
      'error.type',
      'exception.message',
    ],
    measures: [{ metric: 'trading.service.up', value: 0 }],
    aliases: ['service_unreachable', 'service_down'],
  },
  'trading.alert.raised': {
    brief: 'The bot raises an alert of its own.',
    severity: 'warn',
    class: 'critical',
    categories: ['errors'],
    attributes: [
      'trading.alert.level',
      'trading.alert.type',
      'trading.alert.title',
      'trading.alert.text',
      'trading.alert.data',
    ],
    counts: ['trading.alerts'],
    aliases: ['alert', 'alert_raised', 'custom_alert'],
  },
} as const satisfies Record<string, EventDefinition>
