// pino with a file in the bot's own thread, each line written when it is logged: its safest setting.
import { join } from 'node:path'
import { destination, pino } from 'pino'
import { fieldsOf, isError, textOf } from './subject.ts'
import type { Open } from './subject.ts'

export const open: Open = ({ folder }) => {
  const file = destination({ dest: join(folder, 'bot.log'), sync: true })
  file.on('error', (error: Error) => console.error('pino:', error.message))
  const logger = pino(file)
  return {
    log: (number) => logger[isError(number) ? 'error' : 'info'](fieldsOf(number), textOf(number)),
    stop: () => new Promise((resolve) => logger.flush(() => resolve())),
  }
}
