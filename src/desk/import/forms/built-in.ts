/** Mappings of loggers that many bots use, as their lines are without any setting of their own. */
import { readFileSync } from 'node:fs'
import { didYouMean } from '../../../base/nearest.ts'
import { FillpathError } from '../../../semconv/error.ts'
import { mappingOf } from './mapping.ts'
import type { Mapping } from './mapping.ts'

/** Names that a task id and a correlation id often have are known in each of them. */
const mappings = {
  pino: {
    time: { field: 'time', format: 'epoch_ms' },
    level: {
      field: 'level',
      words: { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' },
    },
    message: 'msg',
    event: 'event',
    module: 'name',
    correlation_id: 'correlationId',
    task_id: 'taskId',
    attributes: {
      'err.type': 'exception.type',
      'err.message': 'exception.message',
      'err.stack': 'exception.stacktrace',
    },
    resource: { hostname: 'host.name', pid: 'process.pid', name: 'service.name' },
    drop: ['v'],
  },
  winston: {
    time: { field: 'timestamp', format: 'iso' },
    level: 'level',
    message: 'message',
    event: 'event',
    module: 'label',
    correlation_id: 'correlationId',
    task_id: 'taskId',
    attributes: { stack: 'exception.stacktrace' },
    resource: { service: 'service.name' },
  },
  structlog: {
    time: { field: 'timestamp', format: 'iso' },
    level: 'level',
    message: 'event',
    event: 'event',
    module: 'logger',
    correlation_id: 'correlation_id',
    task_id: 'task_id',
    attributes: { exception: 'exception.stacktrace' },
  },
} as const satisfies Record<string, object>

/** Names of the built-in mappings. */
export const builtIns: readonly string[] = Object.keys(mappings)

/**
 * The mapping that is called `name`, or stands in the file of that name.
 * @throws FillpathError `setting_invalid`
 */
export function readMapping(name: string): Mapping {
  const known = new Map<string, object>(Object.entries(mappings)).get(name)
  return known === undefined ? mappingOf(jsonOf(name), name) : mappingOf(known, name)
}

function jsonOf(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FillpathError('setting_invalid', `the mapping ${path} cannot be read: ${reason}`, {
      hint: `Name a file, or one of ${builtIns.join(', ')}.${didYouMean(path, builtIns)}`,
      cause,
    })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const line = lineOf(reason, text)
    throw new FillpathError(
      'setting_invalid',
      `${path}:${line}: the mapping is not JSON: ${reason}`,
      {
        cause,
      },
    )
  }
}

const around = /^Unexpected token '(.)', (\.\.\.)?"([\s\S]*?)"(?:\.\.\.)? is not valid JSON$/u
const aroundChars = 10

/** The line of a mistake, by what V8 says of it: its position, or the text around it. */
function lineOf(reason: string, text: string): number {
  const position = /position (\d+)/.exec(reason)?.[1]
  const [, token = '', before, snippet = ''] = around.exec(reason) ?? []
  const at = snippet === '' ? -1 : text.indexOf(snippet)
  const found = at < 0 ? text.length : text.indexOf(token, at + (before ? aroundChars : 0))
  const offset = position === undefined ? found : Number(position)
  return text.slice(0, offset).split('\n').length
}
