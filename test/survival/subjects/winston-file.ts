// winston with its file transport; exceptions and errors as its README says.
import { once } from 'node:events'
import { join } from 'node:path'
import { createLogger, format, transports } from 'winston'
import { fieldsOf, isError, textOf } from './subject.ts'
import type { Open } from './subject.ts'

export const open: Open = ({ folder }) => {
  const logger = createLogger({
    format: format.combine(format.timestamp(), format.json()),
    transports: [
      new transports.File({
        filename: join(folder, 'bot.log'),
        handleExceptions: true,
        handleRejections: true,
      }),
    ],
  })
  logger.on('error', (error) => console.error('winston:', error.message))
  return {
    log: (number) =>
      void logger[isError(number) ? 'error' : 'info'](textOf(number), fieldsOf(number)),
    async stop() {
      const finished = once(logger, 'finish')
      logger.end()
      await finished
    },
  }
}
