import { expect, test } from 'vitest'
import { manualClock } from '../../../src/base/clock.ts'
import type { Unavailable } from '../../../src/probe/ship/answer.ts'
import type { ShipNotice } from '../../../src/probe/ship/notice.ts'
import { Outages } from '../../../src/probe/ship/outages.ts'

const refused: Unavailable = {
  kind: 'unavailable',
  misconfigured: false,
  type: 'ECONNREFUSED',
  reason: 'connect ECONNREFUSED 127.0.0.1:4318',
  retryAfterMs: 0,
  perhapsTooLarge: false,
}
const full: Unavailable = { ...refused, type: '503', reason: 'HTTP 503: queue is full' }
const unauthorized: Unavailable = {
  ...refused,
  misconfigured: true,
  type: '401',
  reason: 'HTTP 401: no token',
}

function setup() {
  const notices: ShipNotice[] = []
  const clock = manualClock()
  const outages = new Outages('http://desk', clock, (notice) => notices.push(notice))
  return { outages, clock, notices, codes: () => notices.map(({ code }) => code) }
}

test('[P16, X40] three signals at one closed port: one line when it goes, one when it is back, with counts', () => {
  const { outages, clock, notices } = setup()
  for (const signal of ['log', 'span', 'metric'] as const) {
    outages.failed(signal, refused)
    outages.failed(signal, refused)
  }
  clock.advanceMs(61_000)
  outages.failed('log', full)
  for (const signal of ['log', 'span', 'metric'] as const) {
    expect(outages.isDown(signal)).toBe(true)
    outages.succeeded(signal)
    expect(outages.isDown(signal)).toBe(false)
  }
  expect(notices).toEqual([
    {
      code: 'sink_down',
      level: 'warn',
      message:
        'http://desk takes no logs (connect ECONNREFUSED 127.0.0.1:4318); they stay on disk and are sent again until it does',
    },
    {
      code: 'sink_up',
      level: 'info',
      message: 'http://desk takes metrics again after 61 s and 7 failed attempts',
    },
  ])
})

test('a single failure is no outage and is not said', () => {
  const { outages, notices } = setup()
  outages.failed('log', full)
  expect(outages.isDown('log')).toBe(false)
  outages.succeeded('log')
  outages.failed('log', full)
  outages.succeeded('log')
  expect(notices).toEqual([])
})

test('a wrong setting is said at the first failure, and apart from an outage of the others', () => {
  const { outages, codes, notices } = setup()
  outages.failed('metric', unauthorized)
  outages.failed('metric', unauthorized)
  outages.failed('log', refused)
  outages.failed('log', refused)
  outages.succeeded('log')
  outages.succeeded('metric')
  expect(codes()).toEqual(['sink_misconfigured', 'sink_down', 'sink_up', 'sink_up'])
  expect(notices[0]?.message).toContain('HTTP 401: no token')
  expect(notices[0]?.level).toBe('error')
})

test('a closed port that becomes a wrong setting is said again', () => {
  const { outages, codes } = setup()
  outages.failed('log', refused)
  outages.failed('log', refused)
  outages.failed('log', unauthorized)
  outages.succeeded('log')
  expect(codes()).toEqual(['sink_down', 'sink_misconfigured', 'sink_up'])
})
