// fillpath as the README shows it, with nothing set but the folder and the receiver.
import { start } from '../../../src/index.ts'
import { fieldsOf, isError, textOf } from './subject.ts'
import type { Open } from './subject.ts'

export const open: Open = async ({ folder, url }) => {
  const { logger, shutdown } = await start({
    destination: url,
    spool: { folder },
    console: false,
  })
  const log = logger('bot')
  return {
    log: (number) => void log[isError(number) ? 'error' : 'info'](textOf(number), fieldsOf(number)),
    stop: shutdown,
  }
}
