import { expect, test } from 'vitest'
import { Timeline } from '../../src/bot/timeline.ts'

interface Tick {
  readonly timeNs: bigint
}

async function* ticks(...timesMs: readonly number[]): AsyncGenerator<Tick> {
  for (const timeMs of timesMs) yield { timeNs: BigInt(timeMs) * 1_000_000n }
}

test('events and plans happen in order of time, and everything that can go on does', async () => {
  const timeline = new Timeline({ startNs: 0n })
  const happened: string[] = []
  const sleeper = async (): Promise<void> => {
    await timeline.sleep(15)
    happened.push(`slept until ${timeline.elapsedMs}`)
    // Many promises deep: still before the next event.
    for (let depth = 0; depth < 50; depth += 1) await Promise.resolve()
    happened.push(`thought until ${timeline.elapsedMs}`)
  }
  timeline.after(10, () => happened.push('planned at 10'))
  timeline.after(10, () => happened.push('planned at 10, later'))
  const cancel = timeline.after(12, () => happened.push('canceled'))
  cancel()
  const sleeping = sleeper()
  await timeline.run(ticks(5, 10, 20, 30), {
    event: (tick) => happened.push(`event at ${tick.timeNs / 1_000_000n}`),
    end: () => happened.push('end'),
  })
  await sleeping
  expect(happened).toEqual([
    'event at 5',
    'planned at 10',
    'planned at 10, later',
    'event at 10',
    'slept until 15',
    'thought until 15',
    'event at 20',
    'event at 30',
    'end',
  ])
})

test('plans go on after the events, until stop', async () => {
  const timeline = new Timeline({ startNs: 0n })
  let beats = 0
  timeline.every(10, () => {
    beats += 1
    if (beats === 5) timeline.stop()
  })
  await timeline.run(ticks(1), { event: () => {}, end: () => {} })
  expect(beats).toBe(5)
  expect(timeline.elapsedMs).toBe(50)
})

test('an every that is canceled from within stays canceled', async () => {
  const timeline = new Timeline({ startNs: 0n })
  let beats = 0
  const cancel = timeline.every(10, () => {
    beats += 1
    cancel()
  })
  await timeline.run(ticks(100), { event: () => {}, end: () => {} })
  expect(beats).toBe(1)
})

test('at a finite speed market time waits for the clock', async () => {
  const timeline = new Timeline({ startNs: 0n, speed: 10 })
  const started = performance.now()
  const seen: number[] = []
  await timeline.run(ticks(0, 500, 1000), {
    event: () => seen.push(performance.now() - started),
    end: () => {},
  })
  // Ten times as fast: half a second of the market is 50 ms. Not early, but for the rounding of timers; late is the machine's affair.
  expect(seen[1]).toBeGreaterThan(45)
  expect(seen[2]).toBeGreaterThan(90)
})

test('a pause stops market time, and what was missed is not rushed through', async () => {
  const timeline = new Timeline({ startNs: 0n, speed: 1 })
  const started = performance.now()
  const seen: number[] = []
  let pausedMs = 0
  let resumed = 0
  await timeline.run(ticks(0, 20, 40, 60), {
    event(tick) {
      seen.push(performance.now() - started)
      if (tick.timeNs !== 20_000_000n) return
      timeline.pause()
      const pausedAt = performance.now()
      setTimeout(() => {
        pausedMs = performance.now() - pausedAt
        resumed = performance.now() - started
        timeline.resume()
      }, 150)
    },
    end: () => {},
  })
  expect(pausedMs).toBeGreaterThan(100)
  expect((seen[2] ?? 0) - (seen[1] ?? 0)).toBeGreaterThanOrEqual(pausedMs)
  // After the pause the 40 ms of the market that are left take 40 ms, less what a timer rounds away.
  expect((seen[3] ?? 0) - resumed).toBeGreaterThan(37)
})

test('when the process stands still the market waits, and says so', async () => {
  const timeline = new Timeline({ startNs: 0n, speed: 1 })
  const seen: number[] = []
  let until = 0
  await timeline.run(ticks(0, 10, 30), {
    event(tick) {
      seen.push(performance.now())
      if (tick.timeNs > 0n) return
      until = performance.now() + 1200
      while (performance.now() < until);
    },
    end: () => {},
  })
  expect(timeline.pace.stalls).toBe(1)
  expect(timeline.pace.stalledMs).toBeGreaterThan(1000)
  expect((seen[2] ?? 0) - until).toBeGreaterThan(17)
})

test('what an event throws ends the run and closes the source', async () => {
  const timeline = new Timeline({ startNs: 0n })
  let isClosed = false
  async function* source(): AsyncGenerator<Tick> {
    try {
      yield { timeNs: 1n }
      yield { timeNs: 2n }
    } finally {
      isClosed = true
    }
  }
  const run = timeline.run(source(), {
    event: () => {
      throw new Error('no such venue')
    },
    end: () => {},
  })
  await expect(run).rejects.toThrow('no such venue')
  expect(isClosed).toBe(true)
})
