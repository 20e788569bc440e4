import { expect, test } from 'vitest'
import { Timeline } from '../../../src/bot/timeline.ts'
import { TradingStateKeeper } from '../../../src/bot/trader/trading-state.ts'
import { startRecording } from '../../../src/probe/telemetry/testing.ts'

async function* nothing(): AsyncGenerator<{ timeNs: bigint }> {}

/** Fails hedges at these ms; returns the states told, with the ms at which they were. */
async function statesAfter(
  failuresMs: readonly number[],
  also?: (keeper: TradingStateKeeper, timeline: Timeline) => void,
): Promise<string[]> {
  await using telemetry = await startRecording()
  const timeline = new Timeline({ startNs: 0n })
  const seen: string[] = []
  const keeper = new TradingStateKeeper({
    flows: telemetry.flows,
    timeline,
    failuresMax: 2,
    forgetMs: 1000,
  })
  for (const atMs of failuresMs) timeline.after(atMs, () => keeper.hedgeFailed())
  also?.(keeper, timeline)
  let last = keeper.state
  timeline.every(10, () => {
    if (keeper.state === last) return
    last = keeper.state
    seen.push(`${last} at ${timeline.elapsedMs}`)
  })
  timeline.after(5000, () => timeline.stop())
  await timeline.run(nothing(), { event: () => {}, end: () => {} })
  const told = telemetry.eventsNamed('trading.state.changed')
  expect(told.map(({ attributes }) => attributes['trading.state'])).toEqual(
    seen.map((text) => text.split(' ')[0]),
  )
  return seen
}

test('[X15] one failed hedge changes nothing, two in a row reduce, four halt', async () => {
  expect(await statesAfter([5])).toEqual([])
  expect(await statesAfter([5, 105])).toEqual(['reducing at 110', 'active at 1010'])
  expect(await statesAfter([5, 105, 205, 305])).toEqual([
    'reducing at 110',
    'halted at 310',
    'reducing at 1010',
    'active at 1210',
  ])
})

test('[C27] an alert is raised when the bot may do less, and none when it ends', async () => {
  await using telemetry = await startRecording()
  const timeline = new Timeline({ startNs: 0n })
  const options = { flows: telemetry.flows, timeline, failuresMax: 1, forgetMs: 1000 }
  const keeper = new TradingStateKeeper(options)
  keeper.hedgeFailed()
  keeper.hedgeFailed()
  new TradingStateKeeper(options).reduceForShutdown()
  const raised = telemetry.eventsNamed('trading.alert.raised')
  expect(
    raised.map(({ attributes }) => [
      attributes['trading.alert.level'],
      attributes['trading.alert.type'],
      attributes['trading.alert.text'],
    ]),
  ).toEqual([
    ['warning', 'trading_reducing', '1 hedges failed'],
    ['critical', 'trading_halted', '2 hedges failed'],
  ])
})

test('[X15] failures far apart are forgotten', async () => {
  expect(await statesAfter([5, 1105, 2205])).toEqual([])
})

test('[X15] a failed unwind halts for good', async () => {
  const states = await statesAfter([5, 105], (keeper, timeline) => {
    timeline.after(205, () => keeper.unwindFailed())
  })
  expect(states).toEqual(['reducing at 110', 'halted at 210'])
})

test('a shutdown reduces, and does not soften a halt', async () => {
  const states = await statesAfter([], (keeper, timeline) => {
    timeline.after(5, () => keeper.reduceForShutdown())
    timeline.after(105, () => keeper.hedgeFailed())
    timeline.after(205, () => keeper.unwindFailed())
    timeline.after(305, () => keeper.reduceForShutdown())
  })
  expect(states).toEqual(['reducing at 10', 'halted at 210'])
})
