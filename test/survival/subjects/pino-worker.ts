// pino with a file behind a transport, in a worker thread: what its documentation recommends.
import { once } from 'node:events'
import { join } from 'node:path'
import { pino } from 'pino'
import { fieldsOf, isError, textOf } from './subject.ts'
import type { Open } from './subject.ts'

export const open: Open = async ({ folder }) => {
  const transport = pino.transport({
    target: 'pino/file',
    options: { destination: join(folder, 'bot.log') },
  })
  await once(transport, 'ready')
  transport.on('error', (error: Error) => console.error('pino:', error.message))
  const logger = pino(transport)
  return {
    log: (number) => logger[isError(number) ? 'error' : 'info'](fieldsOf(number), textOf(number)),
    stop: () => new Promise((resolve) => logger.flush(() => resolve())),
  }
}
