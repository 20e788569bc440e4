import { expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import { Refusals } from '../../../src/probe/ship/refusals.ts'

test('[P8, P16] the first refused record is said at once, the rest as a count once a minute', () => {
  const messages: string[] = []
  const clock = manualClock()
  const refusals = new Refusals('http://desk', clock, ({ message }) => messages.push(message))
  for (let count = 0; count < 500; count += 1) {
    refusals.refused('log', 'HTTP 400: bad')
    clock.advanceMs(200)
  }
  expect(messages).toEqual([
    'http://desk will never take a record of its logs (HTTP 400: bad); put into the quarantine, the rest is sent',
    'http://desk will never take 300 more records (HTTP 400: bad); put into the quarantine, the rest is sent',
  ])
})

test('[P8] a partial success and a warning are said with the words of the receiver', () => {
  const messages: string[] = []
  const refusals = new Refusals('http://desk', manualClock(), ({ code, message }) =>
    messages.push(`${code}: ${message}`),
  )
  refusals.partly('span', 3, 512, 'too old')
  refusals.partly('span', 3, 512, 'too old')
  refusals.warned('metric', 'mind the clock')
  expect(messages).toEqual([
    'partly_rejected: http://desk took 509 of 512 spans and refused 3 for good (too old)',
    'sink_warning: http://desk took metrics and says: mind the clock',
  ])
})
