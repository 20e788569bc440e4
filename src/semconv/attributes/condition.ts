import { conditionLevels } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** What stands until it is cleared: why there is no signal, what the bot may not do. */
export const conditionAttributes = {
  'trading.condition.name': {
    type: 'string',
    brief: 'What holds; low in cardinality, the numbers stand beside it.',
    example: 'spread_too_wide',
  },
  'trading.condition.level': {
    type: 'string',
    brief: 'How much it matters; the level of its lines.',
    example: 'info',
    values: conditionLevels,
  },
  'trading.condition.previous_level': {
    type: 'string',
    brief: 'Level before, where the condition stood already.',
    example: 'info',
    values: conditionLevels,
  },
  'trading.condition.standing_ms': {
    type: 'double',
    brief: 'How long it held.',
    example: 184000,
    unit: 'ms',
  },
  'trading.condition.reports': {
    type: 'int',
    brief: 'How often it was reported while it held; one line stands for all of them.',
    example: 4211,
  },
} as const satisfies Record<string, AttributeDefinition>
