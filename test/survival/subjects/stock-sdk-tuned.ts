// The same SDK as well as its variables allow: a queue of 100,000, sent every 100 ms, and its warnings on the console.
import { open as openStock } from './stock-sdk.ts'
import type { Open } from './subject.ts'

export const open: Open = (place) => {
  process.env['OTEL_BLRP_MAX_QUEUE_SIZE'] = '100000'
  process.env['OTEL_BLRP_SCHEDULE_DELAY'] = '100'
  process.env['OTEL_LOG_LEVEL'] = 'WARN'
  return openStock(place)
}
