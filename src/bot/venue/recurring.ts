/** What happens at a paper venue by itself, again and again: outages, funding, deleveraging, wrong marks. */
import { decimal } from '../decimal.ts'
import type { Timeline } from '../timeline.ts'
import type { Core } from './core.ts'
import type { VenueFaults } from './faults.ts'

/** How long the venue's mark price is wrong by little, and then by all. */
const markDriftCandles = 6
const markErrorMs = 200
/** How much of the error there is while it drifts. */
const driftPart = '0.55'

/** The parts of a venue that it happens to. */
export interface RecurringTargets {
  readonly breakStream: (forMs: number) => void
  readonly breakFeed: (forMs: number) => void
  readonly close: (forMs: number) => void
  readonly core: Core
}

/** Plans all that the faults of a venue say, for as long as the timeline runs. */
export function planRecurring(
  plan: { readonly faults: VenueFaults; readonly timeline: Timeline; readonly candleMs: number },
  { breakStream, breakFeed, close, core }: RecurringTargets,
): void {
  const { faults, timeline, candleMs } = plan
  const { streamBreaks, feedBreaks, maintenance, funding, deleveraging, markErrors } = faults
  const every = (candles: number, action: () => void): void => {
    timeline.every(candles * candleMs, action)
  }
  const outages = [
    [streamBreaks, breakStream],
    [feedBreaks, breakFeed],
    [maintenance, close],
  ] as const
  for (const [outage, happen] of outages) {
    if (outage) every(outage.everyCandles, () => happen(outage.forCandles * candleMs))
  }
  if (funding) every(funding.everyCandles, () => core.settleFunding(decimal(funding.rate)))
  if (deleveraging) {
    every(deleveraging.everyCandles, () => core.deleverage(decimal(deleveraging.share)))
  }
  if (markErrors) {
    every(markErrors.everyCandles, () => {
      const isLong = core.account.position.gt(0)
      const part = decimal(markErrors.part).times(isLong ? -1 : 1)
      core.shiftMark(part.times(driftPart).plus(1))
      timeline.after(markDriftCandles * candleMs, () => core.shiftMark(part.plus(1)))
      timeline.after(markDriftCandles * candleMs + markErrorMs, () => core.shiftMark(decimal(1)))
    })
  }
}
