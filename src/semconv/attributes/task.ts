import { taskStatuses } from '../words.ts'
import type { AttributeDefinition } from './definition.ts'

/** The task, the run, and what joins records across retries. */
export const taskAttributes = {
  'trading.task.id': {
    type: 'string',
    brief: 'The task that the bot works on.',
    example: 'abc123',
    id: true,
  },
  'trading.task.type': { type: 'string', brief: 'Kind of the task.', example: 'arbitrage' },
  'trading.task.status': {
    type: 'string',
    brief: 'Where the task stands.',
    example: 'started',
    values: taskStatuses,
  },
  'trading.task.previous_status': {
    type: 'string',
    brief: 'Status before the event.',
    example: 'created',
    values: taskStatuses,
  },
  'trading.task.reason': {
    type: 'string',
    brief: 'Why it was paused, failed or canceled.',
    example: 'price_guard',
  },
  'trading.task.config': {
    type: 'any',
    brief: 'Configuration the task runs with: tick size, fee rate, token ids, risk.',
    example: { tick_size: '0.01', fee_rate_bps: 10 },
  },
  'trading.task.config_hash': {
    type: 'string',
    brief: 'First 16 hex digits of the SHA-256 of the configuration.',
    example: '9f86d081884c7d65',
    id: true,
  },
  'trading.task.duration_ms': {
    type: 'double',
    brief: 'Started until ended.',
    example: 61000,
    unit: 'ms',
  },
  'trading.task.pauses': { type: 'int', brief: 'Times the task was paused.', example: 1 },
  'trading.task.retries': {
    type: 'int',
    brief: 'Hedge and unwind attempts beyond the first.',
    example: 2,
  },
  'trading.task.profit': {
    type: 'decimal',
    brief: 'Result of the task, quote money.',
    example: '1.02',
  },
  'trading.task.success': {
    type: 'boolean',
    brief: 'Whether the task reached its aim.',
    example: true,
  },
  'trading.sequence': {
    type: 'int',
    brief: 'Number of the event within its task, from 1.',
    example: 5,
  },
  'trading.run.id': {
    type: 'string',
    brief: 'One life of the bot process.',
    example: '01JC…',
    id: true,
  },
  'trading.executor.id': {
    type: 'string',
    brief: 'Worker that executes the task.',
    example: 'executor-2',
    id: true,
  },
  'trading.attempt.id': {
    type: 'string',
    brief: 'One attempt within a task.',
    example: 'abc123-2',
    id: true,
  },
  'trading.code.commit': { type: 'string', brief: 'Commit of the bot code.', example: '3f2c1ab' },
  'trading.config.hash': {
    type: 'string',
    brief: 'First 16 hex digits of the SHA-256 of the configuration of the run.',
    example: '9f86d081884c7d65',
  },
  'trading.log_schema_version': {
    type: 'string',
    brief: 'Version of this convention.',
    example: '1.0.0',
  },
} as const satisfies Record<string, AttributeDefinition>
