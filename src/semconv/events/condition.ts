import type { EventDefinition } from './definition.ts'

/** Conditions: said when they change, standing until they are cleared. */
export const conditionEvents = {
  'trading.condition.set': {
    brief: 'A condition holds from now on, or its level changed. It stands until it is cleared.',
    severity: 'info',
    class: 'normal',
    categories: ['signals'],
    attributes: [
      'trading.condition.name',
      'trading.condition.level',
      'trading.condition.previous_level',
      'trading.indicator.value',
      'trading.indicator.threshold',
    ],
    measures: [{ metric: 'trading.condition.standing', value: 1 }],
    aliases: ['condition_set'],
  },
  'trading.condition.cleared': {
    brief: 'A condition does not hold any more.',
    severity: 'info',
    class: 'normal',
    categories: ['signals'],
    attributes: [
      'trading.condition.name',
      'trading.condition.level',
      'trading.condition.standing_ms',
      'trading.condition.reports',
      'trading.indicator.value',
      'trading.indicator.threshold',
    ],
    measures: [{ metric: 'trading.condition.standing', value: 0 }],
    aliases: ['condition_cleared'],
  },
} as const satisfies Record<string, EventDefinition>
