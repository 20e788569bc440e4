import { expect, test } from 'vitest'
import { addReports, emptyReport } from '../../../src/probe/ship/report.ts'
import type { ChannelReport, ShipReport } from '../../../src/probe/ship/report.ts'

function channel(fields: Partial<ChannelReport>): ChannelReport {
  return {
    destination: 'http://desk',
    signal: 'log',
    up: true,
    delivered: 0,
    quarantined: 0,
    failures: {},
    waiting: { records: 0, bytes: 0, oldestMs: 0 },
    ...fields,
  }
}

test('[X40] counts of two lives of a worker add up, states are those of the later', () => {
  const earlier: ShipReport = {
    damaged: 1,
    deliveredAfterDrop: 1,
    channels: [
      channel({ delivered: 10, quarantined: 1, up: false, failures: { '503': 2, timeout: 1 } }),
      channel({ signal: 'span', delivered: 3 }),
    ],
  }
  const later: ShipReport = {
    damaged: 2,
    deliveredAfterDrop: 0,
    channels: [
      channel({ delivered: 5, failures: { '503': 1 } }),
      channel({ signal: 'metric', delivered: 7 }),
    ],
  }
  expect(addReports(earlier, later)).toEqual({
    damaged: 3,
    deliveredAfterDrop: 1,
    channels: [
      channel({
        delivered: 15,
        quarantined: 1,
        failures: { '503': 3, timeout: 1 },
      }),
      channel({ signal: 'metric', delivered: 7 }),
      channel({ signal: 'span', delivered: 3 }),
    ],
  })
  expect(addReports(earlier, emptyReport)).toEqual(earlier)
})
